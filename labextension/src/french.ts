/** French for every text of the front end; terms follow the Journal officiel. */
export const FRENCH: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'AI-generated': 'contenu généré par IA'
  })
);
