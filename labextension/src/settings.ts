/** The settings of the extension, and the words that follow from them. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ITranslator } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import { PLUGIN } from './tokens';
import { Words } from './words';

export class Settings {
  constructor(
    private registry: ISettingRegistry | null,
    private translator: ITranslator
  ) {
    this._words = this.wordsOf('auto');
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  words(): Words {
    return this._words;
  }

  /** The first time a kernel records, the panel says once what is kept and where. */
  get isHintDue(): boolean {
    return this.settings !== null && this.settings.get('hintSeen').composite !== true && !this.isDismissed;
  }

  /** Whether a large paste leads to a question. */
  get asksAboutPastes(): boolean {
    return this.settings?.get('askAboutPastes').composite !== false;
  }

  hint(notice: string): string {
    return (
      notice ||
      this._words.say(
        'Calls to AI systems are on record. The notebook gets models, parameters, origins and digests, no text; texts stay in .aiprov/ beside it, private. %aiprov off stops it.'
      )
    );
  }

  async dismissHint(): Promise<void> {
    this.isDismissed = true;
    await this.settings?.set('hintSeen', true).catch(() => undefined);
  }

  async load(): Promise<void> {
    if (!this.registry) {
      return;
    }
    try {
      this.settings = await this.registry.load(PLUGIN);
    } catch {
      return; // the schema is not there: defaults hold
    }
    this.settings.changed.connect(this.apply, this);
    this.apply();
  }

  private apply(): void {
    this._words = this.wordsOf(String(this.settings?.get('language').composite ?? 'auto'));
    const badges = this.settings?.get('badges').composite !== false;
    document.body.classList.toggle('jp-mod-aiprovNoBadges', !badges);
    this._changed.emit();
  }

  private wordsOf(language: string): Words {
    const code = language === 'auto' ? this.translator.languageCode : language;
    return /^fr\b|^fr[-_]/i.test(code) ? new Words('fr') : new Words('en', this.translator.load('jupyter_aiprov'));
  }

  private settings: ISettingRegistry.ISettings | null = null;
  private isDismissed = false;
  private _words: Words;
  private _changed = new Signal<this, void>(this);
}
