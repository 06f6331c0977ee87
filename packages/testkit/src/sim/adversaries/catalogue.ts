/** All adversaries by their names. */
import type { Adversary } from './adversary.ts'
import { backdatedEnvelope } from './backdated-envelope.ts'
import { deepNesting, hugeClock, protoKeys, wrongStamp } from './bad-tuples.ts'
import { clientIdSpoof } from './client-id-spoof.ts'
import { directoryUsurper } from './directory-usurper.ts'
import { equivocation } from './equivocation.ts'
import { foreignArray } from './foreign-array.ts'
import { forgedAuthor } from './forged-author.ts'
import { gapFlood } from './gap-flood.ts'
import { garbage } from './garbage.ts'
import { keylessEpoch } from './keyless-epoch.ts'
import { lamportJump } from './lamport-jump.ts'
import {
  relayDelays,
  relayDrops,
  relayDuplicates,
  relayEdits,
  relayFalseStart,
  relayFreezes,
  relayPartitionsViews,
  relayRefusesRemoval,
  relayReorders,
  relaySplices,
} from './relay-attacks.ts'
import { relayRollsBack } from './relay-rolls-back.ts'
import { backdatedEntry, forgedCheckpoint, unauthorisedEntry, unauthorisedEpoch } from './unauthorised-entry.ts'
import { wrongKey } from './wrong-key.ts'

export const adversaries: readonly Adversary[] = [
  forgedAuthor,
  clientIdSpoof,
  foreignArray,
  deepNesting,
  protoKeys,
  hugeClock,
  wrongStamp,
  lamportJump,
  equivocation,
  gapFlood,
  garbage,
  directoryUsurper,
  wrongKey,
  keylessEpoch,
  unauthorisedEntry,
  unauthorisedEpoch,
  backdatedEntry,
  forgedCheckpoint,
  backdatedEnvelope,
  relayDrops,
  relayDuplicates,
  relayReorders,
  relayDelays,
  relayEdits,
  relaySplices,
  relayPartitionsViews,
  relayFreezes,
  relayRefusesRemoval,
  relayRollsBack,
  relayFalseStart,
]
