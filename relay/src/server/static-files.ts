/** Serves the built app. */
import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { pipeline } from 'node:stream'

/** A build has some hundreds. */
const maxFiles = 10_000

const mimeTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

interface StaticFile {
  readonly path: string
  readonly sizeBytes: number
  readonly etag: string
}

export interface StaticFiles {
  readonly count: number
  /** The app says of itself that it creates its Trusted Types policy before anything else. */
  readonly hasTrustedTypes: boolean
  /** Answers when there is such a file, or the app's page for a navigation; false otherwise. */
  serve(pathname: string, request: IncomingMessage, response: ServerResponse): boolean
}

/**
 * The files are listed once: a path of a request is only ever looked up in that list, so there is nothing to traverse.
 * An absent folder has no files.
 */
export function readStaticFiles(folder: string): StaticFiles {
  const files = listFiles(folder)
  const page = files.get('/index.html')
  return {
    count: files.size,
    hasTrustedTypes: page !== undefined && readFileSync(page.path, 'utf8').includes('name="poruch-trusted-types"'),
    serve: (pathname, request, response) => {
      const found = files.get(pathname === '/' ? '/index.html' : pathname)
      const file = found ?? (isNavigation(pathname, request) ? page : undefined)
      if (!file) return false
      send(file, request, response)
      return true
    },
  }
}

function listFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  const walk = (at: string, prefix: string): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) walk(path, `${prefix}${entry.name}/`)
      else if (entry.isFile() && files.size < maxFiles) {
        const etag = `"${createHash('sha256').update(readFileSync(path)).digest('base64url').slice(0, 22)}"`
        files.set(prefix + entry.name, { path, sizeBytes: statSync(path).size, etag })
      }
    }
  }
  try {
    walk(folder, '/')
  } catch (thrown) {
    if (files.size > 0) throw thrown
  }
  return files
}

function isNavigation(pathname: string, { headers }: IncomingMessage): boolean {
  return (headers.accept ?? '').includes('text/html') && !/\.[a-z0-9]+$/iu.test(pathname)
}

function send(file: StaticFile, request: IncomingMessage, response: ServerResponse): void {
  // Vite puts a hash of the content into the names below /assets/.
  const isHashed = /[/\\]assets[/\\]/u.test(file.path)
  response.setHeader('content-type', mimeTypes[extname(file.path)] ?? 'application/octet-stream')
  response.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
  response.setHeader('etag', file.etag)
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304).end()
    return
  }
  response.writeHead(200, { 'content-length': file.sizeBytes })
  if (request.method === 'HEAD') response.end()
  else {
    pipeline(createReadStream(file.path), response, (fault) => {
      // The reader went away, or the file did: either way this answer is over.
      if (fault) response.destroy()
    })
  }
}
