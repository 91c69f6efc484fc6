/** Where shared expressions are computed: once, before all uses, and no earlier than need be. */
import {
  bits,
  type Expression,
  FloatingPoint,
  float,
  fromExpression,
  jump,
  RegisterFile,
  repeatWhile,
  type Statement,
  semantics,
  when,
} from "@isovm/isa-spec";
import { describe, expect, it } from "vitest";
import { identityOf, planSharing } from "./sharing.ts";

const r = new RegisterFile({ name: "r", count: 8, width: 32 });
const field = fromExpression(32, { kind: "field", width: 32, name: "f0" });
const never = (): boolean => false;

/** The plan of what `body` records, with the list it belongs to named by its path. */
function plan(body: () => void, ready: (expression: Expression) => boolean = never) {
  const { body: list } = semantics("test", body);
  const names = new Map<readonly Statement[], string>();
  const name = (statements: readonly Statement[], path: string): void => {
    names.set(statements, path);
    statements.forEach((statement, index) => {
      if (statement.kind === "if") {
        name(statement.then, `${path}${index}.then.`);
        name(statement.else, `${path}${index}.else.`);
      } else if (statement.kind === "while") {
        name(statement.test, `${path}${index}.test.`);
        name(statement.body, `${path}${index}.body.`);
      }
    });
  };
  name(list, "");
  return [...planSharing(list, ready)].flatMap(([statements, places]) =>
    [...places].flatMap(([index, shared]) =>
      shared.map(
        (item) => `${names.get(statements)}${index}: ${"kind" in item ? item.kind : item.operator}`,
      ),
    ),
  );
}

describe("sharing", () => {
  it("leaves alone what is used once, and leaves", () => {
    expect(
      plan(() => {
        const value = r.at(1).read();
        r.at(2).write(value.add(field));
        r.at(3).write(value.sub(field));
      }),
    ).toEqual([]);
  });

  it("computes what two statements use before the first of them", () => {
    expect(
      plan(() => {
        const sum = r.at(1).read().add(field);
        r.at(4).write(field);
        r.at(2).write(sum);
        r.at(3).write(sum.not());
      }),
    ).toEqual(["2: binary"]);
  });

  it("computes what one statement uses twice before it", () => {
    expect(
      plan(() => {
        const sum = field.add(1);
        r.at(1).write(sum.mul(sum));
      }),
    ).toEqual(["0: binary"]);
  });

  it("puts operands before what uses them", () => {
    expect(
      plan(() => {
        const sum = field.add(1);
        const negated = sum.not();
        r.at(1).write(sum);
        r.at(2).write(negated);
        r.at(3).write(negated);
      }),
    ).toEqual(["0: binary", "1: unary"]);
  });

  it("stays in the arm that alone uses it", () => {
    expect(
      plan(() => {
        const sum = field.add(1);
        when(field.bit(0), () => {
          r.at(1).write(sum);
          r.at(2).write(sum);
        });
      }),
    ).toEqual(["0.then.0: binary"]);
  });

  it("goes before the choice where both arms, or what follows, use it", () => {
    expect(
      plan(() => {
        const sum = field.add(1);
        when(
          field.bit(0),
          () => r.at(1).write(sum),
          () => r.at(2).write(sum),
        );
      }),
    ).toEqual(["0: binary"]);
    expect(
      plan(() => {
        const sum = field.add(1);
        when(field.bit(0), () => r.at(1).write(sum));
        r.at(2).write(sum);
      }),
    ).toEqual(["0: binary"]);
  });

  it("computes anew in each round of a loop what a loop uses", () => {
    expect(
      plan(() => {
        repeatWhile(
          () => r.at(1).read().add(field).notEqual(0),
          () => {
            const rest = r.at(1).read().sub(1);
            r.at(1).write(rest);
            r.at(2).write(rest);
          },
        );
      }),
    ).toEqual(["0.body.1: binary"]);
  });

  it("computes behind the loop's test what its condition and its body share", () => {
    expect(
      plan(() => {
        let sum = bits(32, 0);
        repeatWhile(
          () => {
            sum = r.at(1).read().add(field);
            return sum.notEqual(0);
          },
          () => r.at(1).write(sum),
        );
      }),
    ).toEqual(["0.test.1: binary"]);
  });

  it("doesn't compute what is ready, nor what only that uses", () => {
    const sum = field.add(1);
    const product = sum.mul(sum);
    const body = (): void => {
      r.at(1).write(product);
      jump(product);
    };
    expect(plan(body)).toEqual(["0: binary", "0: binary"]);
    expect(plan(body, (expression) => expression === product.expression)).toEqual([]);
  });

  it("takes both results of a floating-point operation for one, used even once", () => {
    const unit = new FloatingPoint(float.canonicalFloatPolicy);
    const sum = unit.add(field, field, { mode: bits(3, 0), accrued: bits(5, 0) });
    expect(identityOf(sum.value.expression)).toBe(identityOf(sum.flags.expression));
    expect(plan(() => r.at(1).write(sum.value))).toEqual(["0: add"]);
    expect(
      plan(() => {
        r.at(1).write(sum.value);
        r.at(2).write(sum.flags.zeroExtend(32));
      }),
    ).toEqual(["0: add"]);
  });
});
