// The party "main": the probe in a room that hibernates.
import { Probe } from "./probe";

export default class Main extends Probe {
  readonly options = { hibernate: true };
}
