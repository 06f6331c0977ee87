/** In place of the relay's signature checks: every signature is a good one. */
import { signSuite as honestSuite } from '@poruch/crypto/sign'

export function signSuite(): ReturnType<typeof honestSuite> {
  return { ...honestSuite(), verify: () => Promise.resolve(true) }
}
