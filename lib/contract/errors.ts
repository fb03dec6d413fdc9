/**
 * Errors on the wire: RFC 9457 problem+json (https://www.rfc-editor.org/rfc/rfc9457) with the members a
 * client needs to decide what to do next.
 */

import * as z from 'zod';

export const problemContentType = 'application/problem+json';

export const problem = z
  .looseObject({
    type: z.string().meta({ description: 'A URI that names the kind of problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What went wrong, with the field and the limit.' }),
    code: z.string().meta({
      description: "One of a closed list: Kafka's error names, see docs/http-api.md.",
      example: 'UNKNOWN_TOPIC_OR_PARTITION',
    }),
    retriable: z.boolean().meta({ description: 'Whether the same request may succeed later.' }),
    sideEffects: z.enum(['none', 'unknown']).meta({
      description: '`none`: certainly nothing was written. `unknown`: it may have been.',
    }),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Each invalid field of a malformed request.' }),
  })
  .meta({
    id: 'Problem',
    description: 'Further members depend on the code, e.g. earliest, latest.',
  });
export type Problem = z.infer<typeof problem>;
