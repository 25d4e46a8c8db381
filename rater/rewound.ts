/** The stream has lost its tail: the state must be rebuilt from what survives. */
export class Rewound extends Error {
  override readonly name = 'Rewound';
}
