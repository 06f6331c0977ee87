/** Who may do what: five roles in one order. */

export const roles = { none: 0, viewer: 1, commenter: 2, editor: 3, admin: 4, owner: 5 } as const
/** 0 none, 1 viewer, 2 commenter, 3 editor, 4 admin, 5 owner; a higher one may all that a lower one may. */
export type Role = (typeof roles)[keyof typeof roles]
