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

test('[RE64] limits, proxies, tokens and certificates are settings, each refused by name when it cannot be one', () => {
  const file = join(folder, 'more.json')
  writeFileSync(file, JSON.stringify({ 'trusted-proxy': ['10.0.0.0/8'], 'device-quota': 5 }))
  const env = { PORUCH_CONFIG: file, PORUCH_METRICS_TOKEN: 'a-token-of-a-watcher', PORUCH_DEVICES_PER_ADDRESS: '20' }
  expect(readSettings(['--trusted-proxy', '127.0.0.1,fd00::/8', '--tls-cert', 'c.pem', '--tls-key', 'k.pem'], env)).toMatchObject({
    trustedProxy: ['127.0.0.1', 'fd00::/8'],
    devicesPerAddress: 20,
    deviceQuotaMiB: 5,
    accountQuotaMiB: 8192,
    metricsToken: 'a-token-of-a-watcher',
    tlsCert: join(process.cwd(), 'c.pem'),
    tlsKey: join(process.cwd(), 'k.pem'),
  })
  const refused: readonly (readonly [readonly string[], string])[] = [
    [['--trusted-proxy', 'proxy.example'], 'trusted-proxy'],
    [['--trusted-proxy', '10.0.0.0/33'], 'trusted-proxy'],
    [['--devices-per-address', '0'], 'devices-per-address is no whole number'],
    [['--device-quota', '1.5'], 'device-quota is no whole number'],
    [['--account-quota', 'much'], 'account-quota is no whole number'],
    [['--metrics-token', 'short'], 'metrics-token is shorter than 16'],
    [['--tls-cert', 'c.pem'], 'tls-cert and tls-key belong together'],
    [['--tls-key', 'k.pem'], 'tls-cert and tls-key belong together'],
  ]
  for (const [args, found] of refused) expect(() => readSettings(args, {})).toThrow(found)
})
