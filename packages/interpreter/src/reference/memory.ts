/** Guest memory for the reference evaluator: byte by byte, page by page, checked before it acts. */
import {
  type AccessKind,
  type EngineMemory,
  type FaultReason,
  IsovmError,
  translationFault,
} from "@isovm/isa-spec";

const pageBytes = 4096n;

/** Leaves an instruction whose memory access failed; engines turn it into an exit. */
export class MemoryFault extends IsovmError<{
  access: AccessKind;
  address: bigint;
  reason: FaultReason;
}> {}

function memoryFault(access: AccessKind, address: bigint, reason: FaultReason): MemoryFault {
  const data = { access, address, reason };
  return new MemoryFault(`no ${access} access to ${address.toString(16)}: ${reason}`, data);
}

/** Why {@link EngineMemory.translate} failed; a device that can't be accessed so is a bus error. */
export function faultReason(translation: number): FaultReason {
  if (translation === translationFault.permission) return "permission";
  if (translation === translationFault.bus) return "bus";
  if (translation === translationFault.device) return "bus";
  if (translation === translationFault.memory) return "memory";
  return "unmapped";
}

/** The bytes of one access that lie in one page. */
interface Span {
  readonly host: number;
  readonly frame: number;
  readonly length: number;
}

/** Reads and writes of up to 8 bytes at any address. */
export class ReferenceMemory {
  readonly #memory: EngineMemory;
  readonly #addressWidth: number;

  constructor(memory: EngineMemory, addressWidth: number) {
    this.#memory = memory;
    this.#addressWidth = addressWidth;
  }

  /** Reads `sizeBytes` bytes, little-endian. */
  read(address: bigint, sizeBytes: number, access: AccessKind): bigint {
    const answer = access === "read" ? this.#device(address, access, sizeBytes) : undefined;
    if (answer !== undefined) return answer;
    let value = 0n;
    let shift = 0n;
    for (const { host, length } of this.#spans(address, sizeBytes, access)) {
      for (const byte of new Uint8Array(this.#memory.memory.buffer, host, length)) {
        value |= BigInt(byte) << shift;
        shift += 8n;
      }
    }
    return value;
  }

  /** Writes `sizeBytes` bytes, little-endian; nothing is written if any of them can't be. */
  write(address: bigint, sizeBytes: number, value: bigint): void {
    if (this.#device(address, "write", sizeBytes, value) !== undefined) return;
    let rest = value;
    for (const { host, frame, length } of this.#spans(address, sizeBytes, "write")) {
      const bytes = new Uint8Array(this.#memory.memory.buffer, host, length);
      for (let index = 0; index < length; index += 1) {
        bytes[index] = Number(rest & 0xffn);
        rest >>= 8n;
      }
      if (this.#memory.isCode(frame)) {
        this.#memory.wrote(frame, host - frame, host - frame + length);
      }
    }
  }

  /** Checks that a location can be written, without writing. */
  checkWritable(address: bigint, sizeBytes: number): void {
    this.#spans(address, sizeBytes, "write");
  }

  /** What a device answers, or undefined if there is none: 0 to a write. */
  #device(
    address: bigint,
    access: "read" | "write",
    sizeBytes: number,
    value?: bigint,
  ): bigint | undefined {
    if (this.#memory.translate(address, access) !== translationFault.device) return undefined;
    const { devices } = this.#memory;
    const answer =
      value === undefined
        ? devices?.read(address, sizeBytes)
        : devices?.write(address, sizeBytes, value)
          ? 0n
          : undefined;
    if (answer === undefined) throw memoryFault(access, address, "bus");
    return answer;
  }

  #spans(address: bigint, sizeBytes: number, access: AccessKind): readonly Span[] {
    const spans: Span[] = [];
    let done = 0;
    while (done < sizeBytes) {
      const at = BigInt.asUintN(this.#addressWidth, address + BigInt(done));
      const offset = at % pageBytes;
      const length = Math.min(sizeBytes - done, Number(pageBytes - offset));
      const frame = this.#memory.translate(at, access);
      if (frame < 0) throw memoryFault(access, at, faultReason(frame));
      spans.push({ frame, host: frame + Number(offset), length });
      done += length;
    }
    return spans;
  }
}
