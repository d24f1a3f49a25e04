import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { findNearest, readConfig, readTongue, settings } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'canari-config-'));
after(() => rmSync(folder, { recursive: true }));

/** Writes a settings file and reads it with some variables. */
function read(toml: string | undefined, environment: Record<string, string> = {}) {
  if (toml === undefined) return readConfig(environment, folder);
  const file = join(folder, 'some.toml');
  writeFileSync(file, toml);
  return readConfig({ CANARI_CONFIG: file, ...environment }, '/elsewhere');
}

/** The settings, or the failure of the test. */
function config(toml?: string, environment?: Record<string, string>) {
  const result = read(toml, environment);
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.error));
  return result.value;
}

/** The English sentences of the problems. */
function problems(toml?: string, environment?: Record<string, string>): string[] {
  const result = read(toml, environment);
  assert.equal(result.ok, false);
  return result.ok ? [] : result.error.map(({ sentence }) => sentence.en);
}

describe('settings', () => {
  it('has presets that work with nothing set', () => {
    const presets = config();
    assert.equal(presets.dataFolder, join(folder, 'data'));
    assert.deepEqual(presets.listen, { address: '127.0.0.1', port: 8000 });
    assert.equal(presets.origin, undefined);
    assert.deepEqual(presets.lab, { hosts: [], networks: [] });
    assert.equal(presets.file, undefined);
  });

  it('takes the environment before the file, and the file before the presets', () => {
    const both = config('port = 9000\naddress = "127.77.0.1"\n', { CANARI_PORT: '9001', CANARI_ADDRESS: '' });
    assert.deepEqual(both.listen, { address: '127.77.0.1', port: 9001 });
  });

  it('resolves a path against the place that it was written in', () => {
    assert.equal(config('data = "place"').dataFolder, join(folder, 'place'));
    assert.equal(config('', { CANARI_DATA: 'place' }).dataFolder, '/elsewhere/place');
  });

  it('reads lists from the file and, with commas or spaces, from the environment', () => {
    assert.equal(config('trusted_proxies = ["10.0.0.0/8"]').trustedProxies.length, 1);
    assert.equal(config('', { CANARI_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8' }).trustedProxies.length, 2);
  });

  it('reads the lab from its file', () => {
    const hosts = join(folder, 'hosts');
    writeFileSync(hosts, 'peer.example 127.77.0.2 9443 http\n');
    const { lab } = config('', { CANARI_LAB_HOSTS: hosts, CANARI_ALLOW_NETWORKS: '127.77.0.0/16' });
    assert.deepEqual(lab.hosts, [{ name: 'peer.example', address: '127.77.0.2', port: 9443, scheme: 'http' }]);
    assert.equal(lab.networks.length, 1);
  });
});

describe('settings that cannot be used', () => {
  it('says what to write, with an example, all problems at once', () => {
    const found = problems('port = "high"\ntrusted_proxies = ["10.0.0.1/8"]', { CANARI_LANGUAGE: 'de' });
    assert.deepEqual(found, [
      'port in some.toml must be a whole number from 0 to 65535, and is "high". Write for example: port = 8000',
      'trusted_proxies in some.toml must be networks, each with its prefix length, and is ["10.0.0.1/8"].' +
        ' Write for example: trusted_proxies = ["127.0.0.1/32","10.0.0.0/24"]',
      'CANARI_LANGUAGE must be en or fr, and is "de". Write for example: CANARI_LANGUAGE=fr',
    ]);
  });

  it('names the nearest known key', () => {
    assert.match(problems('prot = 1')[0]!, /prot in some\.toml is no setting.*nearest is port\./);
    assert.match(problems('', { CANARI_LABHOSTS: 'x' })[0]!, /CANARI_LABHOSTS .*nearest is CANARI_LAB_HOSTS\./);
    assert.equal(findNearest('adress', ['data', 'address', 'port']), 'address');
  });

  it('refuses ports outside, paths in the origin and a file that is not there', () => {
    for (const port of ['65536', '-1', '80.5', '0x50', 'true']) problems('', { CANARI_PORT: port });
    for (const port of ['0', '65535']) config('', { CANARI_PORT: port });
    for (const origin of ['example.org', 'https://example.org/', 'ftp://example.org', 'https://EXAMPLE.org']) {
      problems('', { CANARI_ORIGIN: origin });
    }
    assert.equal(config('', { CANARI_ORIGIN: 'https://example.org' }).origin, 'https://example.org');
    assert.match(problems('', { CANARI_CONFIG: '/nowhere/canari.toml' })[0]!, /\/nowhere\/canari\.toml cannot be read/);
    assert.match(problems('', { CANARI_LAB_HOSTS: '/nowhere/hosts' })[0]!, /lab_hosts: .*\/nowhere\/hosts/);
    assert.match(problems('port 8000')[0]!, /Write each line as/);
  });
});

describe('the table of settings', () => {
  it('accepts its own presets and examples', () => {
    for (const { key, schema, preset, example } of settings) {
      assert.ok(schema.safeParse(preset).success, `${key}: preset`);
      assert.ok(schema.safeParse(example).success, `${key}: example`);
    }
  });
});

describe('the language of the commands', () => {
  it('follows LC_ALL, LC_MESSAGES, LANG in that order', () => {
    assert.equal(readTongue({ LANG: 'fr_FR.UTF-8' }), 'fr');
    assert.equal(readTongue({ LANG: 'fr_FR.UTF-8', LC_ALL: 'C' }), 'en');
    assert.equal(readTongue({ LC_MESSAGES: 'fr', LANG: 'en_US.UTF-8' }), 'fr');
    assert.equal(readTongue({ LANG: 'fritz' }), 'en');
    assert.equal(readTongue({}), 'en');
  });
});
