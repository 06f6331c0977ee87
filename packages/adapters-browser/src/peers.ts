/** Direct links between browsers; import it lazily: it brings libp2p with it. */
export { openPeerNode } from './peers/peer-node.ts'
export type { PeerNode, PeerNodeOptions } from './peers/peer-node.ts'
export type { PeerStatus } from './peers/links.ts'
export type { RelayPlace } from './peers/address.ts'
