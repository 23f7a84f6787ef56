// Which frames are lost: a stream of numbers that the seed decides (mulberry32).

export class Chance {
  constructor(seed) {
    this.state = seed >>> 0
  }

  below(bound) {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = this.state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }

  // The frames that a camera sees of these when it misses so many of a hundred.
  seen(frames, lost) {
    return frames.filter(() => this.below(100) >= lost)
  }

  shuffled(values) {
    const result = [...values]
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.below(last + 1)
      ;[result[last], result[other]] = [result[other], result[last]]
    }
    return result
  }
}
