/** Starts the product's relay with single names of its packages replaced, everything else as it is. */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { relayMain } from './relay-process.ts'

export interface StandIn {
  /** As the relay imports it. */
  readonly name: string
  /** Where the real one is. */
  readonly of: string
  /** The names that are replaced. */
  readonly parts: readonly string[]
  /** The module that has them instead. */
  readonly from: string
}

/** Resolves when the relay's start file has run. */
export async function startWithStandIns(standIns: readonly StandIn[]): Promise<void> {
  const main = pathToFileURL(relayMain).href
  const code = ({ of, parts, from }: StandIn): string =>
    `data:text/javascript,export * from '${of}';export { ${parts.join(', ')} } from '${from}'`
  registerHooks({
    resolve: (specifier, context, next) => {
      const isRelay = context.parentURL?.startsWith(new URL('.', main).href) === true
      const standIn = isRelay ? standIns.find(({ name }) => name === specifier) : undefined
      return standIn ? { url: code(standIn), shortCircuit: true } : next(specifier, context)
    },
  })
  await import(main)
}
