import { expect, test } from 'vitest';
import { files, textOf } from './sources.ts';

/** Patterns are put together from parts, so that this file does not match itself. */
const forbidden: Readonly<Record<string, RegExp>> = {
  'a private key': new RegExp(`-----${'BEGIN'} [A-Z ]*PRIVATE KEY`),
  'the seed of an nkey': /\bS[UAOCNX][A-Z2-7]{50,}\b/,
  'a webhook secret': /whsec_[A-Za-z0-9+/=]{24,}/,
  'an API key': /mtl_[A-Za-z0-9_-]{43}/,
  'a path of one machine': /(?<![\w.~-])\/(?:work|root|home\/[a-z][\w-]*|Users\/[A-Za-z][\w-]*|tmp\/nsb)\//,
  'the host of a package registry': new RegExp(
    `registry\\.${'npmjs'}\\.org|registry\\.${'yarnpkg'}\\.com|npm\\.pkg\\.${'github'}\\.com|\\.jfrog\\.io|files\\.${'pythonhosted'}\\.org`,
  ),
};

const texts = files.filter((path) => !/\.(png|jpe?g|webp|ico|woff2?|zip|gz|tar)$/.test(path));
const faultsIn = (text: string): string[] => Object.keys(forbidden).filter((what) => forbidden[what]!.test(text));

test('No file holds a secret, a path of one machine or the host of a registry', () => {
  expect(texts.length).toBeGreaterThan(400);
  expect(texts).toEqual(expect.arrayContaining(['package-lock.json', 'examples/northwind.yaml', '.npmrc']));
  expect(texts.flatMap((path) => faultsIn(textOf(path)).map((what) => `${path}: ${what}`))).toEqual([]);
});

test('Each kind is recognised', () => {
  const samples = [
    `-----${'BEGIN'} RSA PRIVATE KEY-----`,
    `seed: ${'SU'}${'A7'.repeat(28)}`,
    `whsec${'_'}${'q8Zz'.repeat(10)}`,
    `mtl${'_'}${'x'.repeat(43)}`,
    `see ${'/'}work/main`,
    `"https://registry.${'npmjs'}.org/node"`,
  ];
  expect(samples.map(faultsIn)).toEqual(Object.keys(forbidden).map((what) => [what]));
});
