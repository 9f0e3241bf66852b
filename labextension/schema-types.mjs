// Write src/schema.ts from the public JSON Schema: `jlpm types`; `jlpm types --check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { compile } from 'json-schema-to-typescript';

const target = new URL('src/schema.ts', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('../jupyter_aiprov/schema/aiprov.schema.json', import.meta.url), 'utf8'));

// A pattern would become an index signature that the named keys contradict; unknown keys are allowed anyway.
const withoutPatterns = value => {
  if (Array.isArray(value)) {
    return value.map(withoutPatterns);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === 'patternProperties' ? [] : [[key, withoutPatterns(item)]]))
  );
};

const types = await compile(withoutPatterns(schema), 'AIProvRecord', {
  bannerComment: '/** Generated from jupyter_aiprov/schema/aiprov.schema.json by `jlpm types`. */',
  unreachableDefinitions: true,
  style: { singleQuote: true, printWidth: 120, trailingComma: 'none' }
});
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== types) {
    console.error('src/schema.ts is not what the schema says: run `jlpm types`');
    process.exit(1);
  }
} else {
  writeFileSync(target, types);
}
