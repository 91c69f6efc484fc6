#!/usr/bin/env node
// CommonJS: Node starts it some 10 ms sooner than a module.
const { join } = require("node:path");
const { launch } = require("../dist/launch.cjs");

launch(join(__dirname, "../dist"));
