/** Beside a conversation: who reads it, how it is protected, and with whom one is sure. */
import { Avatar, Checkbox, List, createView } from '@poruch/ui'
import type { ListRow } from '@poruch/ui'
import type { View } from '@poruch/base'
import type { ConversationId, MemberView, WorkspaceView } from '@poruch/replica'
import type { JSX } from 'solid-js'
import { Show, createMemo } from 'solid-js'
import { SafetyNumber } from '../../app/SafetyNumber.tsx'
import { useI18n } from '../../app/i18n.ts'
import { useMutes } from '../../app/mutes.ts'
import { keyOf } from '../../app/paths.ts'
import { personName } from '../../app/person-name.ts'
import './details.css'

export interface DetailsProps {
  readonly id: ConversationId
  readonly workspace: View<WorkspaceView | null>
}

export function Details(props: DetailsProps): JSX.Element {
  const i18n = useI18n()
  const workspace = createView(() => props.workspace)
  const readers = createMemo(() => readersOf(props.id, workspace()?.members ?? []))
  const other = createMemo(() => (props.id.kind === 'direct' ? readers().find(({ isMe }) => !isMe) : undefined))
  const rows = createMemo((): readonly ListRow[] =>
    readers().map((member) => {
      const name = personName(i18n, member.name)
      return {
        id: member.user,
        label: member.isMe ? i18n.t('person.you', { name }) : name,
        note: member.isMe
          ? i18n.t(`role.${member.role}`)
          : [`role.${member.role}` as const, ...(member.isHere ? (['presence.here'] as const) : []), `reach.${member.reach}` as const]
              .map((key) => i18n.t(key))
              .join(' · '),
        leading: () => <Avatar id={member.user} name={member.name} isHere={member.isHere} />,
      }
    }),
  )
  const mutes = useMutes()
  return (
    <div class="details">
      <section>
        <h3>{i18n.t('details.protection')}</h3>
        <p class="soft">{i18n.t(props.id.kind === 'direct' ? 'details.direct' : 'details.channel')}</p>
      </section>
      <section>
        <h3>{i18n.plural('details.readers', readers().length)}</h3>
        <List label={i18n.t('details.readersList')} rows={rows()} />
      </section>
      <section>
        <h3>{i18n.t('settings.notify')}</h3>
        <Checkbox label={i18n.t('mute.label')} checked={mutes.has(keyOf(props.id))} onInput={(isMuted) => mutes.set(props.id, isMuted)} />
        <p class="soft">{i18n.t('mute.hint')}</p>
      </section>
      <Show when={other()}>
        {(member) => (
          <section>
            <h3>{i18n.t('safety.label')}</h3>
            <p class="soft">{i18n.t('details.safetyHint')}</p>
            <SafetyNumber digits={member().safetyNumber} />
          </section>
        )}
      </Show>
    </div>
  )
}

function readersOf(id: ConversationId, members: readonly MemberView[]): readonly MemberView[] {
  return id.kind === 'channel' ? members : members.filter(({ user, isMe }) => isMe || user === id.user)
}
