/** How this device shows a relay who it is: as a member, as who was invited, as who may create a workspace. */
import { concatBytes, idToBytes } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { deviceIdOf, invitationKeys } from '@poruch/identity'
import type { RecoveryKeys } from '@poruch/identity'
import type { SigningKey } from '@poruch/crypto'
import type { Account } from './account.ts'
import type { ReplicaPorts, SessionIdentity } from './ports.ts'

const linkDomain = 'poruch/session-link v1'
const recoveryDomain = 'poruch/session-recovery v1'

export function memberIdentity(ports: ReplicaPorts, account: Account): SessionIdentity {
  return { ...common(ports, account), kind: 'device', proof: async () => new Uint8Array(0) }
}

export function founderIdentity(ports: ReplicaPorts, account: Account, setupSecret: Bytes): SessionIdentity {
  return { ...common(ports, account), kind: 'setup', proof: async () => setupSecret }
}

export function joinerIdentity(ports: ReplicaPorts, account: Account, linkSecret: Bytes): SessionIdentity {
  const proof = async (challenge: Bytes): Promise<Bytes> => {
    const { id, sign } = await invitationKeys(ports.suite, linkSecret)
    const signature = await ports.suite.sign(sign, linkDomain, concatBytes(challenge, idToBytes(account.device)))
    return concatBytes(idToBytes(id), signature)
  }
  return { ...common(ports, account), kind: 'invitation', proof }
}

/** For a member whose relay has lost the log: it shows what that relay once signed. */
export function seederIdentity(ports: ReplicaPorts, account: Account, proof: Bytes): SessionIdentity {
  return { ...common(ports, account), kind: 'seed', proof: async () => Promise.resolve(proof) }
}

/** For a device that holds nothing but the words. */
export function recovererIdentity({ suite }: ReplicaPorts, device: SigningKey, recovery: RecoveryKeys): SessionIdentity {
  const proof = async (challenge: Bytes): Promise<Bytes> => {
    const message = concatBytes(challenge, device.publicKey)
    return concatBytes(recovery.sign.publicKey, await suite.sign(recovery.sign, recoveryDomain, message))
  }
  const sign = async (domain: string, message: Bytes): Promise<Bytes> => suite.sign(device, domain, message)
  return { device: deviceIdOf(device), kind: 'recovery', proof, sign }
}

function common({ suite }: ReplicaPorts, account: Account): Pick<SessionIdentity, 'device' | 'sign'> {
  return { device: account.device, sign: async (domain, message) => suite.sign(account.signingKey, domain, message) }
}
