/** Settings: a file, then the environment, then flags; the later one wins. */
import { readFileSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as v from 'valibot'
import { RelayError } from './errors.ts'

const maxSettingsBytes = 64 * 1024

const port = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,5}$/u, 'is no number'), v.transform(Number))]),
  v.integer('is no whole number'),
  v.minValue(0, 'is below 0'),
  v.maxValue(65_535, 'is above 65535'),
)
const text = v.pipe(v.string('is no text'), v.minLength(1, 'is empty'), v.maxLength(1024, 'is too long'))
const origin = v.pipe(text, v.regex(/^https?:\/\/[^/?#]+$/u, 'is no address like https://chat.example.org'))
const origins = v.pipe(
  v.union([
    v.array(v.string()),
    v.pipe(
      v.string(),
      v.transform((list) => list.split(',').filter((one) => one !== '')),
    ),
  ]),
  v.array(origin),
  v.maxLength(32, 'has more than 32 entries'),
)

const schema = v.strictObject({
  host: v.optional(text, '127.0.0.1'),
  port: v.optional(port, 8080),
  data: v.optional(text, './data'),
  client: v.optional(text, fileURLToPath(new URL('../../client/dist', import.meta.url))),
  url: v.optional(origin),
  origins: v.optional(origins, []),
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
}

export const helpText = `Poruch relay: keeps and forwards sealed messages, and serves the app.

Usage: node relay/src/main.ts [options]

  --host <address>    listen here (PORUCH_HOST, default 127.0.0.1)
  --port <number>     0 for any free port (PORUCH_PORT, default 8080)
  --data <folder>     database and keys (PORUCH_DATA, default ./data)
  --client <folder>   the built app (PORUCH_CLIENT, default client/dist)
  --url <address>     where people reach it (PORUCH_URL, default http://localhost:<port>)
  --origins <list>    more addresses whose pages may use it, with commas (PORUCH_ORIGINS)
  --config <file>     the same names as JSON (PORUCH_CONFIG)
  --help              this text
`

const names = ['host', 'port', 'data', 'client', 'url', 'origins'] as const

/** The settings, or null when help was asked for. @throws RelayError `bad-settings` */
export function readSettings(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Settings | null {
  const flags = readFlags(args)
  if (flags['help'] === true) return null
  const file = flags['config'] ?? env['PORUCH_CONFIG']
  const merged: Record<string, unknown> = { ...(typeof file === 'string' ? readFile(file) : {}) }
  for (const name of names) {
    const value = flags[name] ?? env[`PORUCH_${name.toUpperCase()}`]
    if (value !== undefined) merged[name] = value
  }
  const parsed = v.safeParse(schema, merged)
  if (!parsed.success) throw new RelayError('bad-settings', parsed.issues.map(describe).join('; '))
  const { url, ...rest } = parsed.output
  const [data, client] = [resolve(rest.data), resolve(rest.client)]
  // Whatever lies in the client's folder is served, and keys lie in the data folder.
  if (`${data}${sep}`.startsWith(`${client}${sep}`))
    throw new RelayError('bad-settings', 'data lies inside of client, where it would be served')
  return { ...rest, data, client, url: url ?? null }
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? 'settings'
  if (issue.type === 'strict_object') return `${path} is no setting`
  return `${path} ${path === 'port' ? 'is no number from 0 to 65535' : issue.message}`
}

function readFlags(args: readonly string[]): Readonly<Record<string, string | boolean | undefined>> {
  const flag = { type: 'string' } as const
  const options = {
    host: flag,
    port: flag,
    data: flag,
    client: flag,
    url: flag,
    origins: flag,
    config: flag,
    help: { type: 'boolean' },
  } as const
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (thrown) {
    throw new RelayError('bad-settings', thrown instanceof Error ? thrown.message : 'the flags cannot be read', { cause: thrown })
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
