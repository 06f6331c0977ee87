/** Mutants of how a newcomer begins in the middle of a log and reads the beginning afterwards, and of what several owners say together. */
import type { Mutant } from '../mutant.ts'

export const replicaLogMutants: readonly Mutant[] = [
  {
    id: 'beginning-believed',
    file: 'replica/src/newcomer-start.ts',
    find: "if (checked.ok) return 'done'",
    replace: "if (checked !== null) return 'done'",
    why: 'a false Checkpoint would never be found out by who began with it',
  },
  {
    id: 'beginning-other',
    file: 'replica/src/newcomer-start.ts',
    find: "checked.reason === 'bad-position'",
    replace: "checked.reason === 'bad-bytes'",
    why: 'a relay could discredit an owner by another log',
  },
  {
    id: 'start-piece',
    file: 'replica/src/admitted-log.ts',
    find: 'if (frame.pos !== first.pos || frame.size !== first.size) return null',
    replace: 'void first',
    why: 'pieces of two starts would be put together',
  },
  {
    id: 'beginning-withheld',
    file: 'replica/src/log-filling.ts',
    find: 'if (asks >= maxFillAsks) alarms.raise(withheld)',
    replace: 'void maxFillAsks',
    why: 'nobody would know that what is believed was never checked',
  },
  {
    id: 'word-signed',
    file: 'replica/src/signed-words.ts',
    find: 'return isGood ? [',
    replace: 'return isGood !== undefined ? [',
    why: 'a word that nobody signed would be shown to owners as one of theirs',
  },
  {
    id: 'word-owner',
    file: 'replica/src/signed-words.ts',
    find: 'return user && fold.member(user)?.role === roles.owner ? user : null',
    replace: 'return user ?? (roles.owner ? null : null)',
    why: 'the word of who is no owner any more would count',
  },
]
