import { logStoreContract } from '@poruch/testkit/contract'
import { openIndexedDbStore } from './index.ts'

const sealer = {
  seal: (plain: Uint8Array<ArrayBuffer>) => Promise.resolve(plain.toReversed()),
  open: (sealed: Uint8Array<ArrayBuffer>) => Promise.resolve(sealed.toReversed()),
}

logStoreContract('IndexedDB in Chromium', (name) => openIndexedDbStore({ name, seal: sealer }))
