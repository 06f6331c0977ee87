/** One member: name, role, how they are reached, and what can be done. */
import { Avatar, Button, Menu } from '@poruch/ui'
import type { MemberView } from '@poruch/replica'
import Cloud from 'lucide-solid/icons/cloud'
import Ellipsis from 'lucide-solid/icons/ellipsis'
import Link2 from 'lucide-solid/icons/link-2'
import Unlink from 'lucide-solid/icons/unlink'
import type { JSX } from 'solid-js'
import { Match, Show, Switch } from 'solid-js'
import { SafetyNumber } from '../../app/SafetyNumber.tsx'
import { useI18n } from '../../app/i18n.ts'
import { hrefOf } from '../../app/paths.ts'
import { personName } from '../../app/person-name.ts'

export interface MemberRowProps {
  readonly member: MemberView
  readonly canRemove: boolean
  readonly onRemove: () => void
  /** Makes an owner of who is none, and an admin of who is one. Absent where that cannot be. */
  readonly onOwner?: (() => void) | undefined
}

export function MemberRow(props: MemberRowProps): JSX.Element {
  const i18n = useI18n()
  const name = (): string => personName(i18n, props.member.name)
  return (
    <li>
      <Avatar id={props.member.user} name={props.member.name} isHere={props.member.isHere} />
      <div>
        <p class="row-name">{props.member.isMe ? i18n.t('person.you', { name: name() }) : name()}</p>
        <p class="row-facts">
          <span>{i18n.t(`role.${props.member.role}`)}</span>
          <Show when={props.member.isHere}>
            <span>{i18n.t('presence.here')}</span>
          </Show>
          <Show when={!props.member.isMe}>
            <ReachMark reach={props.member.reach} />
          </Show>
        </p>
      </div>
      <div class="row-actions">
        <Show when={!props.member.isMe}>
          <a
            class="button"
            data-kind="secondary"
            data-size="small"
            aria-label={i18n.t('members.messageTo', { name: name() })}
            href={hrefOf({ name: 'conversation', id: { kind: 'direct', user: props.member.user } })}
          >
            {i18n.t('members.message')}
          </a>
        </Show>
        <Show when={props.canRemove}>
          <Button
            size="small"
            aria-label={i18n.t('members.removeName', { name: name() })}
            onClick={() => {
              props.onRemove()
            }}
          >
            {i18n.t('members.remove')}
          </Button>
        </Show>
        <Show when={props.onOwner}>
          {(change) => (
            <Menu
              label={i18n.t('members.more', { name: name() })}
              items={[{ id: 'owner', label: i18n.t(props.member.role === 'owner' ? 'owners.unmake' : 'owners.make') }]}
              onChoose={() => change()()}
            >
              <Ellipsis size={16} aria-hidden="true" />
            </Menu>
          )}
        </Show>
      </div>
      <Show when={!props.member.isMe && props.member.safetyNumber !== ''}>
        <details class="row-more">
          <summary>{i18n.t('safety.label')}</summary>
          <SafetyNumber digits={props.member.safetyNumber} />
        </details>
      </Show>
    </li>
  )
}

function ReachMark(props: { readonly reach: MemberView['reach'] }): JSX.Element {
  const i18n = useI18n()
  return (
    <span class="row-fact">
      <Switch fallback={<Unlink size={12} aria-hidden="true" />}>
        <Match when={props.reach === 'direct'}>
          <Link2 size={12} aria-hidden="true" />
        </Match>
        <Match when={props.reach === 'relay'}>
          <Cloud size={12} aria-hidden="true" />
        </Match>
      </Switch>
      {i18n.t(`reach.${props.reach}`)}
    </span>
  )
}
