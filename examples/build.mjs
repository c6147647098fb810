// Bundles the examples that are written with a framework into built/: `node examples/build.mjs`.
import { readFile } from "node:fs/promises";
import { build } from "esbuild";
import { compileScript, parse } from "vue/compiler-sfc";

const here = new URL(".", import.meta.url).pathname;

/** Vue's single-file components; your bundler has a plugin for them, with the same option. */
const vue = {
  name: "vue",
  setup(building) {
    building.onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { descriptor } = parse(await readFile(path, "utf8"), { filename: path });
      const { content } = compileScript(descriptor, {
        id: path,
        inlineTemplate: true,
        templateOptions: {
          compilerOptions: { isCustomElement: (tag) => tag === "tillbridge-picker" },
        },
      });
      return { contents: content, loader: "js" };
    });
  },
};

await build({
  absWorkingDir: here,
  entryPoints: { "react/app": "react/app.tsx", "vue/app": "vue/app.js" },
  outdir: "built",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  plugins: [vue],
  define: {
    "process.env.NODE_ENV": '"production"',
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
  },
  logLevel: "warning",
});
