import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'smol-toml';
import { readConfig, settings } from '../src/config.ts';
import { checkSettingsFiles, renderSettingsFiles } from './settings-files.ts';

describe('the example file', () => {
  it('changes nothing as it is, and says the presets when its comments are taken away', () => {
    const text = renderSettingsFiles()['canari.example.toml']!;
    assert.deepEqual(Object.keys(parse(text)), []);
    const bare = parse(text.replace(/^#(?=[a-z_]+ = )/gm, ''));
    assert.deepEqual({ ...bare }, Object.fromEntries(settings.map(({ key, preset }) => [key, preset])));
  });

  it('can be used as the settings file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'canari-example-'));
    writeFileSync(join(folder, 'canari.toml'), renderSettingsFiles()['canari.example.toml']!);
    assert.equal(readConfig({}, folder).ok, true);
    rmSync(folder, { recursive: true });
  });
});

describe('agreement', () => {
  it('names the file that differs or is absent', () => {
    const root = mkdtempSync(join(tmpdir(), 'canari-settings-'));
    mkdirSync(join(root, 'docs', 'operators'), { recursive: true });
    assert.equal(checkSettingsFiles(root).length, 2);
    for (const [path, text] of Object.entries(renderSettingsFiles())) writeFileSync(join(root, path), text);
    assert.deepEqual(checkSettingsFiles(root), []);
    writeFileSync(join(root, 'canari.example.toml'), '#port = 80\n');
    assert.match(checkSettingsFiles(root)[0]!, /^canari\.example\.toml disagrees/);
    rmSync(root, { recursive: true });
  });
});
