import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSettings } from './config.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'poruch-config-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('[RE64] flags win over the environment, the environment over the file, the file over the defaults', () => {
  const file = join(folder, 'relay.json')
  writeFileSync(file, JSON.stringify({ host: '0.0.0.0', port: 1, data: 'one', origins: ['https://a.example'] }))
  const env = { PORUCH_CONFIG: file, PORUCH_PORT: '2', PORUCH_DATA: 'two', PATH: '/bin' }
  expect(readSettings(['--data', 'three'], env)).toMatchObject({
    host: '0.0.0.0',
    port: 2,
    data: join(process.cwd(), 'three'),
    origins: ['https://a.example'],
  })
  expect(readSettings([], {})).toMatchObject({ host: '127.0.0.1', port: 8080, data: join(process.cwd(), 'data'), url: null, origins: [] })
  expect(readSettings(['--help'], { PORUCH_PORT: 'x' })).toBe(null)
})

test('[RE64] what cannot be a setting is refused by its name', () => {
  const file = join(folder, 'bad.json')
  const refused = (text: string, args: readonly string[] = [], env: Record<string, string> = {}) => {
    writeFileSync(file, text)
    return () => readSettings(['--config', file, ...args], env)
  }
  expect(refused('{"colour":1}')).toThrow('bad-settings: colour is no setting')
  expect(refused('[]')).toThrow('it is no JSON object')
  expect(refused('{')).toThrow('bad-settings: cannot read')
  expect(refused('{}', ['--port', '70000'])).toThrow('port is')
  expect(refused('{}', ['--port', '-1'])).toThrow('bad-settings')
  expect(refused('{}', ['--client', folder, '--data', join(folder, 'data')])).toThrow('data lies inside of client')
  expect(refused('{"host":""}')).toThrow('host is empty')
  expect(refused('{}', [], { PORUCH_URL: 'ftp://x' })).toThrow('url is no address')
  expect(refused('{}', ['--origins', 'https://a.example,b'])).toThrow('origins')
  expect(() => readSettings(['--config', join(folder, 'absent')], {})).toThrow('bad-settings: cannot read')
})
