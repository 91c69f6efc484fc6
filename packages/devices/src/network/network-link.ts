/** What a network device of a guest is connected to. */

/** Receives Ethernet frames, from the destination address on and without the check sequence. */
export type FrameReceiver = (frame: Uint8Array) => void;

/**
 * The end of a cable: a guest's network device on one side, whatever the host provides on the
 * other. Frames start with the destination address and have no check sequence; who is given one
 * doesn't change it.
 */
export interface NetworkLink {
  /** Takes a frame from the guest, in the midst of the store that sends it. */
  send(frame: Uint8Array): void;
  /** Sets who is given frames for the guest; undefined for nobody. */
  onReceive(receiver: FrameReceiver | undefined): void;
}
