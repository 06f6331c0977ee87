/** Starts the product's relay with its checks of signatures and rights taken out, so that peers alone must hold. Only tests have it. */
import { startWithStandIns } from '../kill9/stand-ins.ts'

const here = (name: string): string => new URL(name, import.meta.url).href

await startWithStandIns([
  { of: import.meta.resolve('@poruch/crypto/sign'), name: '@poruch/crypto/sign', parts: ['signSuite'], from: here('lax-sign.ts') },
  {
    of: import.meta.resolve('@poruch/identity/fold'),
    name: '@poruch/identity/fold',
    parts: ['makeScopeFold', 'makeTopicAuthority'],
    from: here('lax-fold.ts'),
  },
])
