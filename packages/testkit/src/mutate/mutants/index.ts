/** All mutants, package by package. */
import type { Mutant } from '../mutant.ts'
import { cryptoMutants } from './crypto.ts'
import { identityByteMutants } from './identity-bytes.ts'
import { identityCutMutants } from './identity-cuts.ts'
import { identityRuleMutants } from './identity-rules.ts'
import { identitySecretMutants } from './identity-secrets.ts'
import { modelMutants } from './model.ts'
import { relayMutants } from './relay.ts'
import { replicaLogMutants } from './replica-log.ts'
import { replicaMutants } from './replica.ts'
import { replicaViewMutants } from './replica-views.ts'
import { syncEngineMutants } from './sync-engine.ts'
import { syncEnvelopeMutants } from './sync-envelope.ts'
import { syncLinkMutants } from './sync-links.ts'
import { syncPackMutants } from './sync-packs.ts'
import { vaultMutants } from './vault.ts'

export const mutants: readonly Mutant[] = [
  ...identityByteMutants,
  ...identityRuleMutants,
  ...identityCutMutants,
  ...identitySecretMutants,
  ...syncEnvelopeMutants,
  ...syncEngineMutants,
  ...syncLinkMutants,
  ...syncPackMutants,
  ...cryptoMutants,
  ...modelMutants,
  ...replicaLogMutants,
  ...replicaMutants,
  ...replicaViewMutants,
  ...vaultMutants,
  ...relayMutants,
]
