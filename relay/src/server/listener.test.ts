import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { settingsIn } from '../testing/served.ts'
import { makeListener } from './listener.ts'
import type { Listener, Patience } from './listener.ts'
import { startRelay } from './serve.ts'

let folder: string
let listener: Listener | null
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-listener-'))
  listener = null
})
afterEach(async () => {
  listener?.server.closeAllConnections()
  listener?.server.close()
  await rm(folder, { recursive: true })
})

const short: Patience = { headersMs: 100, requestMs: 200, idleMs: 100, checkMs: 25 }

async function listen(patience: Patience = short): Promise<number> {
  listener = makeListener(settingsIn(folder), patience)
  listener.server.on('request', (request, response) => {
    request.resume()
    request.on('end', () => response.end('done'))
  })
  return listener.listen()
}

/** What a raw connection hears until it is closed; `drip` is written bit by bit and never comes to an end. */
function hear(port: number, drip: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of drip) socket.write(part)
    })
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(heard))
  })
}

describe('slow and swollen requests', () => {
  test(
    '[RE73] a connection that says nothing, headers that never end, and a body that never comes are ended',
    { timeout: 20_000 },
    async () => {
      const port = await listen()
      expect(await hear(port, ['GET / HTTP/1.1\r\n', 'host: x\r\n', 'x-a: '])).toMatch(/^HTTP\/1.1 408/u)
      expect(await hear(port, ['POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n', 'some'])).toMatch(/^HTTP\/1.1 408/u)
      expect(await hear(port, [])).toMatch(/^(?:HTTP\/1.1 408|$)/u)
      expect(await hear(port, ['GET / HTTP/1.1\r\nhost: x\r\n\r\n'])).toMatch(/^HTTP\/1.1 200/u)
    },
  )

  test('[RE73] headers over 16 KiB are refused', async () => {
    const port = await listen()
    expect(await hear(port, [`GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(17_000)}\r\n\r\n`])).toMatch(/^HTTP\/1.1 431/u)
  })
})

/** A tool of the system, which no package of npm brings. */
const openssl = join('/usr/bin', 'openssl')

/** A self-signed certificate of this name, by the system's openssl. */
function certify(name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  execFileSync(openssl, ['req', '-x509', ...key, ...subject, ...files], { stdio: 'ignore' })
}

const tlsSettings = () => settingsIn(folder, { tlsCert: join(folder, 'cert.pem'), tlsKey: join(folder, 'key.pem') })

/** The protocol and the certificate's name, or why there was no handshake. */
function shake(port: number, options: { readonly maxVersion?: 'TLSv1.2' } = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      resolve(`${socket.getProtocol()} ${String(socket.getPeerCertificate().subject.CN)}`)
      socket.destroy()
    })
    socket.on('error', (fault) => resolve('code' in fault ? String(fault.code) : fault.name))
  })
}

describe('TLS', () => {
  test('[RE78] speaks TLS 1.3 and nothing older, and no plain HTTP on the same port', { timeout: 20_000 }, async () => {
    certify('one.example')
    listener = makeListener(tlsSettings())
    listener.server.on('request', (_, response) => response.end('done'))
    const port = await listener.listen()
    expect(await shake(port)).toBe('TLSv1.3 one.example')
    expect(await shake(port, { maxVersion: 'TLSv1.2' })).toMatch(/PROTOCOL_VERSION/u)
    expect(await hear(port, ['GET / HTTP/1.1\r\nhost: x\r\n\r\n'])).not.toContain('done')
  })

  test('[RE79] reads the certificate again on demand; a bad one changes nothing', { timeout: 20_000 }, async () => {
    certify('one.example')
    listener = makeListener(tlsSettings())
    const port = await listener.listen()
    certify('two.example')
    expect(await shake(port)).toBe('TLSv1.3 one.example')
    listener.reload()
    expect(await shake(port)).toBe('TLSv1.3 two.example')
    await writeFile(join(folder, 'cert.pem'), 'no certificate')
    expect(() => listener?.reload()).toThrow('bad-certificate')
    expect(await shake(port)).toBe('TLSv1.3 two.example')
    expect(() => makeListener(tlsSettings())).toThrow('bad-certificate')
  })

  test(
    '[RE78] a relay under TLS says so in its address, takes sockets, and reads its certificate again while it runs',
    { timeout: 30_000 },
    async () => {
      certify('localhost')
      const lines: string[] = []
      const relay = await startRelay({ ...tlsSettings(), url: 'https://chat.example' }, (event) => lines.push(event))
      expect(relay.url).toBe('https://chat.example')
      await relay.stop()
      const local = await startRelay(tlsSettings(), (event, detail) => lines.push(`${event} ${detail?.['port'] ?? ''}`))
      const port = Number(new URL(local.url).port)
      expect(local.url).toBe(`https://localhost:${port}`)
      expect(await shake(port)).toBe('TLSv1.3 localhost')
      const socket = new WebSocket(`wss://localhost:${port}/collab`, { rejectUnauthorized: false })
      await new Promise<void>((resolve, reject) => {
        socket.on('open', () => resolve())
        socket.on('error', reject)
      })
      socket.terminate()
      local.reload()
      await writeFile(join(folder, 'key.pem'), '')
      local.reload()
      expect(lines.filter((line) => line.startsWith('certificate'))).toEqual(['certificate-read ', 'certificate-not-read '])
      expect(await shake(port)).toBe('TLSv1.3 localhost')
      await local.stop()
    },
  )
})
