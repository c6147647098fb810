// @ts-check
import { createApp } from "vue";
// @ts-expect-error: only vue-tsc knows what a single-file component is.
import Connections from "./Connections.vue";

createApp(Connections).mount("#app");
