// How what the socket tells and what HTTP answers become one picture.
//
// An answer carries the number of the last event in it (X-Stream-Seq), but the socket's frames carry none, so the two
// can't be joined by number. They needn't be: an event gives the new price or score itself and not a difference, so
// applying one that the answer already holds changes nothing. The page opens the socket first, folds every event from
// then on, and lays the answer under them: what the socket told since shortly before the question stands, and all else
// is as answered, what is absent there included (a withdrawn price makes no event). A game that ends, or a price that
// is withdrawn, in just that moment is put right by the next answer.

// So much may an answer lag behind what the socket had told by the time of the question: the process that answers
// follows the same stream as the one that holds the socket, some tens of ms apart.
export const LAG_MS = 2_000

export const isNewer = (heardAt, askedAt) => heardAt > askedAt - LAG_MS
