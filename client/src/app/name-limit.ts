/** How long names may be; the directory allows more, a sidebar shows less. */
export const nameMaxCharacters = 80
