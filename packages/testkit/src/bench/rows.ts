/** All rows, in the order in which they are run. */
import { catchUp } from './catch-up.ts'
import { coldStart } from './cold-start.ts'
import { durableAppend } from './durable-append.ts'
import { editingTrace } from './editing-trace.ts'
import { localStore } from './local-store.ts'
import { newestMessages } from './newest-messages.ts'
import { openChats } from './open-chats.ts'
import { rekey } from './rekey.ts'
import { reconnect } from './reconnect.ts'
import { relayCpu } from './relay-cpu.ts'
import { remoteView } from './remote-view.ts'
import type { Row } from './row.ts'
import { scroll } from './scroll.ts'
import { scopeFold } from './scope-fold.ts'
import { storedBytes } from './stored-bytes.ts'
import { wireBytes } from './wire-bytes.ts'

export const rows: readonly Row[] = [
  wireBytes,
  scopeFold,
  editingTrace,
  localStore,
  durableAppend,
  remoteView,
  relayCpu,
  reconnect,
  catchUp,
  rekey,
  storedBytes,
  newestMessages,
  scroll,
  coldStart,
  openChats,
]
