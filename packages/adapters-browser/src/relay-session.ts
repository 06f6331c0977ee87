/** Opens a session at a relay: it proves to hold the device's key, and gets a token. */
import { concatBytes, emptyBytes, equalBytes, idSizeBytes, idToBytes, makeByteWriter, parseId, parseUtf8, toBase64Url } from '@poruch/base'
import type { Bytes, Clock, DeviceId } from '@poruch/base'
import { AdapterError } from './errors.ts'
import { askRelay, readAnswer, readBounded, requestTimeoutMs, withTimeout } from './relay-http.ts'

/** As PROTOCOL.md numbers them. */
const kindNumbers = { device: 1, invitation: 2, setup: 3, recovery: 4, seed: 5 } as const
const challengeSizeBytes = 32
const tokenSizeBytes = 32
const sessionDomain = 'poruch/session v1'

export interface SessionProof {
  readonly kind: keyof typeof kindNumbers
  /** What the kind asks for beside the device's signature; nothing for `device`. */
  proof(challenge: Bytes): Promise<Bytes>
  /** By the device's key. */
  sign(domain: string, message: Bytes): Promise<Bytes>
}

export interface SessionOptions {
  /** `https://host` or `http://host:port`, without a path. */
  readonly origin: string
  readonly device: DeviceId
  readonly authenticate: SessionProof
  /** The relay's key where it is known; another one is refused. */
  readonly relayKey?: Bytes
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface Session {
  /** As text, for Hocuspocus and for `Authorization: Bearer`. */
  readonly token: string
  readonly relayKey: Bytes
}

/** @throws AdapterError `offline` | `bad-answer` | `relay-changed`; RelayRefusal */
export function openSession(options: SessionOptions): Promise<Session> {
  const { clock, signal } = options
  return withTimeout({ clock, signal, timeoutMs: requestTimeoutMs }, (limited) => prove({ ...options, signal: limited }))
}

async function prove({ origin, device, authenticate, relayKey, signal }: SessionOptions): Promise<Session> {
  const announced = await fetchRelay(origin, { signal })
  if (relayKey && !equalBytes(relayKey, announced.key)) throw new AdapterError('relay-changed', 'another relay answers at this address')
  const challenge = await readAnswer(await askRelay({ url: `${origin}/api/challenge`, body: emptyBytes, signal }), challengeSizeBytes)
  const kind = kindNumbers[authenticate.kind]
  const proof = await authenticate.proof(challenge)
  const signature = await authenticate.sign(sessionDomain, concatBytes(challenge, new Uint8Array([kind]), announced.key))
  const body = makeByteWriter().raw(challenge).u8(kind).raw(idToBytes(device)).bytes16(proof).raw(signature).done()
  const answer = await readAnswer(await askRelay({ url: `${origin}/api/session`, body, signal }), tokenSizeBytes + idSizeBytes)
  if (!equalBytes(answer.subarray(tokenSizeBytes), announced.key)) throw new AdapterError('bad-answer', 'the relay states two keys')
  return { token: toBase64Url(answer.subarray(0, tokenSizeBytes)), relayKey: announced.key }
}

export interface RelayInfo {
  /** Of its sequencer. */
  readonly key: Bytes
  /** Its libp2p peer id; empty when it relays no peers. */
  readonly peer: string
}

const maxInfoBytes = 4096 // the answer has three short fields

/** `GET /api/relay`. @throws AdapterError `offline` | `bad-answer`; RelayRefusal */
export async function fetchRelay(origin: string, options: { readonly signal: AbortSignal }): Promise<RelayInfo> {
  const response = await askRelay({ url: `${origin}/api/relay`, signal: options.signal })
  const body = await readBounded(response, maxInfoBytes)
  const info = body && parseInfo(parseUtf8(body) ?? '')
  if (!info) throw new AdapterError('bad-answer', 'this is no relay of this version')
  return info
}

function parseInfo(text: string): RelayInfo | null {
  try {
    const info: unknown = JSON.parse(text)
    if (typeof info !== 'object' || info === null || !('v' in info) || info.v !== 1 || !('key' in info)) return null
    const key = parseId(info.key)
    const peer = 'peer' in info && typeof info.peer === 'string' ? info.peer : ''
    return key && { key: idToBytes(key), peer }
  } catch {
    return null
  }
}
