/** The one port, with or without TLS; slow, swollen and too many connections are ended here. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Settings } from '../config.ts'
import { systemCode } from '../data-folder.ts'
import { RelayError } from '../errors.ts'
import { maxConnections } from './door.ts'

/** All header lines of a request together, in bytes: a browser sends some 1,000. */
const maxHeaderBytes = 16 * 1024
/** Header lines; Node refuses a request with more (431). A browser sends some 20. */
const maxHeaders = 100
/** TLS handshakes that take longer are ended. */
const handshakeTimeoutMs = 10_000

/** How long a connection may take. Tests pass shorter ones. */
export interface Patience {
  /** From the first byte, or the connection, to the last header. */
  readonly headersMs: number
  /** To the end of the request's body. */
  readonly requestMs: number
  /** Between two requests. */
  readonly idleMs: number
  /** How often the first two are looked at. */
  readonly checkMs: number
}

/** A browser's headers are one packet; a slow network's may take seconds. */
const headersPatienceMs = 10_000
/** The largest body is 160 KiB. */
const requestPatienceMs = 60_000
/** Browsers come back for the next file within moments. */
const idlePatienceMs = 10_000
/** Node's own 30 s would let a slow request live three times as long as it may. */
const patienceCheckMs = 2_000

export const usualPatience: Patience = {
  headersMs: headersPatienceMs,
  requestMs: requestPatienceMs,
  idleMs: idlePatienceMs,
  checkMs: patienceCheckMs,
}

export interface Listener {
  readonly server: Server | TlsServer
  /** The port, once it listens. @throws RelayError `port-busy` | `address-unknown` */
  listen(): Promise<number>
  /** Reads certificate and key again. @throws RelayError `bad-certificate`; then the old ones stay */
  reload(): void
}

type Place = Pick<Settings, 'host' | 'port' | 'tlsCert' | 'tlsKey'>

/** @throws RelayError `bad-certificate` */
export function makeListener(settings: Place, patience: Patience = usualPatience): Listener {
  const options = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: patience.headersMs,
    requestTimeout: patience.requestMs,
    keepAliveTimeout: patience.idleMs,
    connectionsCheckingInterval: patience.checkMs,
  }
  const pair = readPair(settings)
  const tls = pair && createTlsServer({ ...options, ...pair, minVersion: 'TLSv1.3', handshakeTimeout: handshakeTimeoutMs })
  const server = tls ?? createServer(options)
  server.maxHeadersCount = maxHeaders
  server.maxConnections = maxConnections
  return {
    server,
    listen: async () => listen(server, settings),
    reload: () => {
      const next = readPair(settings)
      if (next) tls?.setSecureContext({ ...next, minVersion: 'TLSv1.3' })
    },
  }
}

function readPair({ tlsCert, tlsKey }: Place): { readonly cert: Buffer; readonly key: Buffer } | null {
  if (tlsCert === null || tlsKey === null) return null
  try {
    const pair = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) }
    createSecureContext(pair)
    return pair
  } catch (thrown) {
    throw new RelayError('bad-certificate', `${tlsCert} and ${tlsKey} cannot be used (${systemCode(thrown)})`, { cause: thrown })
  }
}

function listen(server: Server | TlsServer, { host, port }: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (fault) => {
      const code = systemCode(fault)
      if (code === 'EADDRINUSE') reject(new RelayError('port-busy', `port ${port} of ${host} is taken by another program`))
      else reject(new RelayError('address-unknown', `cannot listen on ${host} port ${port} (${code})`, { cause: fault }))
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}
