/** Whose pages may talk to this relay. */
import type { IncomingMessage } from 'node:http'

export interface Origins {
  /** False for a page of another site. Programs that are no browser state no origin. */
  allow(request: IncomingMessage): boolean
}

/** `known`: addresses of this relay, without a path. On a public address, a page is also known by the host that it was served from. */
export function makeOrigins({ known, trustHost }: { known: readonly string[]; trustHost: boolean }): Origins {
  const allowed = new Set(known.map((origin) => origin.toLowerCase()))
  return {
    allow: ({ headers }) => {
      const origin = headers.origin?.toLowerCase()
      if (origin === undefined) return headers['sec-fetch-site'] !== 'cross-site'
      const host = headers.host?.toLowerCase() ?? ''
      return allowed.has(origin) || (trustHost && (origin === `https://${host}` || origin === `http://${host}`))
    },
  }
}

/** The addresses by which a relay on this port of the own machine is reached. */
export function localOrigins(port: number, scheme: 'http' | 'https'): readonly string[] {
  const isUsual = port === (scheme === 'http' ? 80 : 443)
  return ['localhost', '127.0.0.1', '[::1]'].map((host) => `${scheme}://${host}${isUsual ? '' : `:${port}`}`)
}
