/** The Linux that the personality answers for in uname(2): programs choose features by it. */
export const kernelRelease = "6.12.0-isovm";
/** The `version` field of uname(2). */
export const kernelVersion = "#1 SMP isovm";
