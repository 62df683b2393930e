// The party "ordinary": the probe in a room that never hibernates while a socket is open.
import { Probe } from "./probe";

export default class Ordinary extends Probe {}
