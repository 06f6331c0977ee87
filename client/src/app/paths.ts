/** Addresses: which screen a fragment names, and the links that carry secrets in it. */
import { parseId } from '@poruch/base'
import type { ConversationId } from '@poruch/replica'

export type Route =
  | { readonly name: 'home' }
  | { readonly name: 'conversation'; readonly id: ConversationId }
  | { readonly name: 'members' }
  | { readonly name: 'connection' }
  | { readonly name: 'settings' }

/** Of a link that leads in: the one-time setup secret, or an invitation, which only the replica reads. */
export type Entry = { readonly kind: 'setup'; readonly secret: string } | { readonly kind: 'invitation'; readonly link: string }

/** No secret or payload of ours is longer. */
const secretMaxCharacters = 512

/** Anything unknown is home. */
export function parseRoute(fragment: string): Route {
  const [, name, rest] = /^#?([a-z]*)(?:\/(.*))?$/u.exec(fragment) ?? []
  if (name === 'members' || name === 'connection' || name === 'settings') return { name }
  if (name === 'c' && rest !== undefined && /^[0-9a-f]{56}$/u.test(rest))
    return { name: 'conversation', id: { kind: 'channel', prefix: rest } }
  const user = name === 'd' ? parseId<'user'>(rest) : null
  return user ? { name: 'conversation', id: { kind: 'direct', user } } : { name: 'home' }
}

export function hrefOf(route: Route): string {
  if (route.name === 'home') return '#'
  return route.name === 'conversation' ? `#${keyOf(route.id)}` : `#${route.name}`
}

/** One string per conversation. */
export function keyOf(id: ConversationId): string {
  return id.kind === 'channel' ? `c/${id.prefix}` : `d/${id.user}`
}

/** The entry that a whole link names, or null. */
export function parseEntry(link: string): Entry | null {
  const [, kind, secret] = /#(setup|i)\/([A-Za-z0-9_-]+)$/u.exec(link.trim()) ?? []
  if (secret === undefined || secret.length > secretMaxCharacters) return null
  return kind === 'setup' ? { kind, secret } : { kind: 'invitation', link: link.trim() }
}
