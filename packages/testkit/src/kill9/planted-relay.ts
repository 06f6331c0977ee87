/** Starts the product's relay, whole and unchanged, over a log that answers before its commit. */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { relayMain } from './relay-process.ts'

const main = pathToFileURL(relayMain).href
const [honest, planted] = [import.meta.resolve('@poruch/adapters-node'), new URL('planted-log.ts', import.meta.url).href]
/** The package as it is, but for one name. */
const standIn = `data:text/javascript,export * from '${honest}';export { openSqliteRelayLog } from '${planted}'`

registerHooks({
  resolve: (specifier, context, next) => {
    const isRelay = context.parentURL?.startsWith(new URL('.', main).href) === true
    return specifier === '@poruch/adapters-node' && isRelay ? { url: standIn, shortCircuit: true } : next(specifier, context)
  },
})
await import(main)
