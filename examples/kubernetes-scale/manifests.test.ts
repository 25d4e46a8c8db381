/** The manifests against the JSON schemas of Kubernetes' own API, strictly: what it would not know, or refuse, is a fault. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const { $defs } = JSON.parse(read('testdata/kubernetes-1.37.json')) as { $defs: Record<string, object> };
const definitions: Readonly<Record<string, string>> = {
  'v1 ServiceAccount': 'core.v1.ServiceAccount',
  'v1 Service': 'core.v1.Service',
  'apps/v1 Deployment': 'apps.v1.Deployment',
  'rbac.authorization.k8s.io/v1 Role': 'rbac.v1.Role',
  'rbac.authorization.k8s.io/v1 RoleBinding': 'rbac.v1.RoleBinding',
};

interface Json {
  [name: string | number]: Json;
}
const manifests = parseAllDocuments(read('manifests.yaml')).map((each) => each.toJS() as Json);
const nameOf = ({ apiVersion, kind }: Json): string => [apiVersion, kind].map(String).join(' ');
const fits = (manifest: Json): boolean => {
  const schema = z.fromJSONSchema({ $ref: `#/$defs/io.k8s.api.${definitions[nameOf(manifest)]!}`, $defs } as never);
  return schema.safeParse(manifest).success;
};

test('every manifest is one of its kind', () => {
  expect(manifests.map((each) => [nameOf(each), fits(each)])).toEqual(
    ['v1 ServiceAccount', 'rbac.authorization.k8s.io/v1 Role', 'rbac.authorization.k8s.io/v1 RoleBinding', 'apps/v1 Deployment', 'v1 Service'].map((name) => [name, true]),
  ); // prettier-ignore
});

describe('the schemas see', () => {
  const changed = (kind: string, change: (manifest: Json) => void): boolean => {
    const manifest = structuredClone(manifests.find((each) => nameOf(each).endsWith(` ${kind}`))!);
    change(manifest);
    return fits(manifest);
  };
  const set = (value: unknown): Json => value as Json;
  const container = ({ spec }: Json): Json => spec!['template']!['spec']!['containers']![0]!;
  test.each<[string, string, (manifest: Json) => void]>([
    ['a field that is not known', 'Deployment', ({ spec }) => (spec!['replica'] = set(1))],
    ['one deep inside', 'Deployment', (manifest) => (container(manifest)['comand'] = set([]))],
    ['a value of another type', 'Deployment', (manifest) => (container(manifest)['ports']![0]!['containerPort'] = set('http'))],
    ['a field that is missing', 'Deployment', ({ spec }) => delete spec!['selector']],
    ['an environment that is no list', 'Deployment', (manifest) => (container(manifest)['env'] = set({ A: 'b' }))],
    ['verbs that are no list', 'Role', ({ rules }) => (rules![0]!['verbs'] = set('get'))],
    ['a role that nobody names', 'RoleBinding', (manifest) => delete manifest['roleRef']],
    ['a port that is no number', 'Service', ({ spec }) => (spec!['ports']![0]!['port'] = set('80'))],
    ['another kind', 'Service', (manifest) => (manifest['kind'] = set('ServiceAccount'))],
  ])('%s', (_what, kind, change) => expect(changed(kind, change)).toBe(false)); // prettier-ignore
});
