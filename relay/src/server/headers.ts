/** What every answer tells the browser. */
import type { ServerResponse } from 'node:http'

/** How long a browser remembers to come by TLS only: the usual two years. */
const hstsSeconds = 2 * 365 * 24 * 60 * 60

const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
]

/** One policy, named `default`: all of the app's HTML and script addresses pass it. */
const trustedTypes = ["require-trusted-types-for 'script'", 'trusted-types default']

const permissions = [
  'camera=(self)',
  'microphone=(self)',
  'display-capture=(self)',
  'geolocation=()',
  'payment=()',
  'usb=()',
  'serial=()',
  'hid=()',
  'midi=()',
  'browsing-topics=()',
]

export interface HeaderOptions {
  /** Where people reach the relay. */
  readonly url: string
  /** The app creates its Trusted Types policy before anything else. */
  readonly hasTrustedTypes: boolean
}

export function makeHeaders({ url, hasTrustedTypes }: HeaderOptions): (response: ServerResponse) => void {
  const headers: [string, string][] = [
    ['content-security-policy', [...policy, ...(hasTrustedTypes ? trustedTypes : [])].join('; ')],
    ['permissions-policy', permissions.join(', ')],
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', 'no-referrer'],
    ['cross-origin-opener-policy', 'same-origin'],
    ['cross-origin-resource-policy', 'same-origin'],
  ]
  const { protocol, hostname } = new URL(url)
  // A browser would hold all other programs on this machine to it, too.
  const isThisMachine = hostname === 'localhost' || hostname.endsWith('.localhost')
  if (protocol === 'https:' && !isThisMachine) headers.push(['strict-transport-security', `max-age=${hstsSeconds}`])
  return (response) => {
    for (const [name, value] of headers) response.setHeader(name, value)
  }
}
