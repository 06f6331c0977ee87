export { roles } from './roles.ts'
export type { Role } from './roles.ts'
export type { EnvelopePlace, EpochInfo, InvitationInfo, MemberInfo, RecordBytes, ScopeFold, Standing, TopicRule } from './fold-api.ts'
