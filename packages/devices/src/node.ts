/** The part of the devices that needs Node: disk images in files. */
export {};
