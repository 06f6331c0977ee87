/** Settings: a file, then the environment, then flags; the later one wins. */
import { readFileSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as v from 'valibot'
import { RelayError } from './errors.ts'
import { listOf } from './server/addresses.ts'

/** Of the settings' file. */
const maxSettingsBytes = 64 * 1024
/** Entries of a setting that is a list. */
const maxListEntries = 32
/** Default of `--devices-per-address`: an office behind one address. Requests, sockets and connections of an address are multiples of it. */
const maxDevicesPerAddress = 500
/** Default of `--device-quota`, in MiB: millions of messages. */
const maxDeviceQuotaMiB = 2_048
/** Default of `--account-quota`, in MiB: four devices that are full. */
const maxAccountQuotaMiB = 8_192

const port = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,5}$/u, 'is no number'), v.transform(Number))]),
  v.integer('is no whole number'),
  v.minValue(0, 'is below 0'),
  v.maxValue(65_535, 'is above 65535'),
)
const text = v.pipe(v.string('is no text'), v.minLength(1, 'is empty'), v.maxLength(1024, 'is too long'))
const origin = v.pipe(text, v.regex(/^https?:\/\/[^/?#]+$/u, 'is no address like https://chat.example.org'))
const list = <Entry extends v.GenericSchema<string, string>>(entry: Entry, most: number) =>
  v.pipe(
    v.union([
      v.array(v.string()),
      v.pipe(
        v.string(),
        v.transform((joined) => joined.split(',').filter((one) => one !== '')),
      ),
    ]),
    v.array(entry),
    v.maxLength(most, `has more than ${most} entries`),
  )
const count = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,9}$/u), v.transform(Number))]),
  v.integer(),
  v.minValue(1),
  v.maxValue(100_000_000),
)
const range = v.pipe(text, v.check(isRange, 'is no address and no range like 10.0.0.0/8'))
/** Guessable by nobody who may ask as often as a watcher does. */
const token = v.pipe(text, v.minLength(16, 'is shorter than 16 characters'), v.regex(/^[\x21-\x7e]+$/u, 'has other characters than ASCII'))

const schema = v.strictObject({
  host: v.optional(text, '127.0.0.1'),
  port: v.optional(port, 8080),
  data: v.optional(text, './data'),
  client: v.optional(text, fileURLToPath(new URL('../../client/dist', import.meta.url))),
  url: v.optional(origin),
  origins: v.optional(list(origin, maxListEntries), []),
  'trusted-proxy': v.optional(list(range, maxListEntries), []),
  'devices-per-address': v.optional(count, maxDevicesPerAddress),
  'device-quota': v.optional(count, maxDeviceQuotaMiB),
  'account-quota': v.optional(count, maxAccountQuotaMiB),
  'metrics-token': v.optional(token),
  'tls-cert': v.optional(text),
  'tls-key': v.optional(text),
})

export interface Settings {
  /** The address to listen on. */
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** The data folder, absolute. */
  readonly data: string
  /** The built client, absolute. */
  readonly client: string
  /** Where people reach this relay; null: http://localhost:<port>. */
  readonly url: string | null
  /** More addresses whose pages may talk to it. */
  readonly origins: readonly string[]
  /** Addresses and ranges of proxies whose forwarding headers are believed. */
  readonly trustedProxy: readonly string[]
  /** How many devices are expected behind one address: limits per address are multiples of it. */
  readonly devicesPerAddress: number
  readonly deviceQuotaMiB: number
  readonly accountQuotaMiB: number
  /** Lets a watcher of another machine read `/metrics`; null: only this machine may. */
  readonly metricsToken: string | null
  /** Certificate and key, absolute; null: without TLS. Both or none. */
  readonly tlsCert: string | null
  readonly tlsKey: string | null
}

export const helpText = `Poruch relay: keeps and forwards sealed messages, and serves the app.

Usage: node relay/src/main.ts [options]

  --host <address>    listen here (PORUCH_HOST, default 127.0.0.1)
  --port <number>     0 for any free port (PORUCH_PORT, default 8080)
  --data <folder>     database and keys (PORUCH_DATA, default ./data)
  --client <folder>   the built app (PORUCH_CLIENT, default client/dist)
  --url <address>     where people reach it (PORUCH_URL, default http://localhost:<port>)
  --origins <list>    more addresses whose pages may use it, with commas (PORUCH_ORIGINS)
  --trusted-proxy <list>        addresses or ranges of proxies whose X-Forwarded-For or Forwarded counts (PORUCH_TRUSTED_PROXY)
  --devices-per-address <n>     devices expected behind one address; its limits grow with it (PORUCH_DEVICES_PER_ADDRESS, default 500)
  --device-quota <MiB>          kept of what one device wrote (PORUCH_DEVICE_QUOTA, default 2048)
  --account-quota <MiB>         kept of what all devices of a person wrote (PORUCH_ACCOUNT_QUOTA, default 8192)
  --metrics-token <secret>      who shows it may read /metrics from elsewhere; better by environment (PORUCH_METRICS_TOKEN)
  --tls-cert, --tls-key <file>  TLS 1.3 with this certificate; SIGHUP reads it again (PORUCH_TLS_CERT, PORUCH_TLS_KEY)
  --config <file>     the same names as JSON (PORUCH_CONFIG)
  --help              this text

       node relay/src/main.ts verify-audit [--data <folder>] [--head <hash>]
                      checks the database and the audit chain of a stopped relay
`

const names = Object.keys(schema.entries) as (keyof typeof schema.entries)[]

/** The settings, or null when help was asked for. @throws RelayError `bad-settings` */
export function readSettings(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Settings | null {
  const flags = readFlags(args)
  if (flags['help'] === true) return null
  const file = flags['config'] ?? env['PORUCH_CONFIG']
  const merged: Record<string, unknown> = { ...(typeof file === 'string' ? readFile(file) : {}) }
  for (const name of names) {
    const value = flags[name] ?? env[`PORUCH_${name.toUpperCase().replaceAll('-', '_')}`]
    if (value !== undefined) merged[name] = value
  }
  const parsed = v.safeParse(schema, merged)
  if (!parsed.success) throw new RelayError('bad-settings', parsed.issues.map(describe).join('; '))
  const given = parsed.output
  const [data, client] = [resolve(given.data), resolve(given.client)]
  if ((given['tls-cert'] === undefined) !== (given['tls-key'] === undefined))
    throw new RelayError('bad-settings', 'tls-cert and tls-key belong together')
  // Whatever lies in the client's folder is served, and keys lie in the data folder.
  if (`${data}${sep}`.startsWith(`${client}${sep}`))
    throw new RelayError('bad-settings', 'data lies inside of client, where it would be served')
  return settingsOf(given, { data, client })
}

function settingsOf(given: v.InferOutput<typeof schema>, folders: Pick<Settings, 'data' | 'client'>): Settings {
  const pathOf = (path: string | undefined): string | null => (path === undefined ? null : resolve(path))
  return {
    ...folders,
    host: given.host,
    port: given.port,
    url: given.url ?? null,
    origins: given.origins,
    trustedProxy: given['trusted-proxy'],
    devicesPerAddress: given['devices-per-address'],
    deviceQuotaMiB: given['device-quota'],
    accountQuotaMiB: given['account-quota'],
    metricsToken: given['metrics-token'] ?? null,
    tlsCert: pathOf(given['tls-cert']),
    tlsKey: pathOf(given['tls-key']),
  }
}

const counted: ReadonlySet<string> = new Set(['devices-per-address', 'device-quota', 'account-quota'])

function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? 'settings'
  if (issue.type === 'strict_object') return `${path} is no setting`
  if (path === 'port') return 'port is no number from 0 to 65535'
  return `${path} ${counted.has(path) ? 'is no whole number from 1 to 100000000' : issue.message}`
}

function readFlags(args: readonly string[]): Readonly<Record<string, string | boolean | undefined>> {
  const flags = Object.fromEntries([...names, 'config'].map((name) => [name, { type: 'string' } as const]))
  const options = { ...flags, help: { type: 'boolean' } as const }
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (thrown) {
    throw new RelayError('bad-settings', thrown instanceof Error ? thrown.message : 'the flags cannot be read', { cause: thrown })
  }
}

function isRange(entry: string): boolean {
  try {
    listOf([entry])
    return true
  } catch {
    return false
  }
}

function readFile(path: string): object {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > maxSettingsBytes) throw new Error('it is over 64 KiB')
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is no JSON object')
    return value
  } catch (thrown) {
    throw new RelayError('bad-settings', `cannot read ${path}: ${thrown instanceof Error ? thrown.message : 'unknown'}`, { cause: thrown })
  }
}
