/** The sizes, in bytes, of all that the suite takes and gives. */

export const hashSizeBytes = 32
export const signingKeySizeBytes = 32
export const seedSizeBytes = 32
export const signatureSizeBytes = 64
export const hpkeKeySizeBytes = 32
export const hpkeEncSizeBytes = 32
export const aeadKeySizeBytes = 32
export const aeadNonceSizeBytes = 12
export const aeadTagSizeBytes = 16
/** RFC 5869: 255 blocks of SHA-256. */
export const maxDerivedSizeBytes = 8160
/** Tags and domains are prefixed by their length in one byte. */
export const maxTagSizeBytes = 255
