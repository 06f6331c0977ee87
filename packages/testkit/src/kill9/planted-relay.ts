/** Starts the product's relay, whole and unchanged, over a log that answers before its commit. */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { relayMain } from './relay-process.ts'

const main = pathToFileURL(relayMain).href
const planted = new URL('planted-log.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => {
    const isRelay = context.parentURL?.startsWith(new URL('.', main).href) === true
    return specifier === '@poruch/adapters-node' && isRelay ? { url: planted, shortCircuit: true } : next(specifier, context)
  },
})
await import(main)
