// A template as a tree, ready to be evaluated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evergreen/text/jinja/position.hpp"
#include "evergreen/text/jinja/value.hpp"

namespace evergreen::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Argument {
  enum class Kind { positional, named, spread_list, spread_dict };
  Kind kind = Kind::positional;
  std::string name;
  ExpressionPtr value;
};

struct Expression {
  enum class Kind {
    literal,      // value
    name,         // name
    list,         // parts
    tuple,        // parts
    dict,         // parts: key, value, key, value ...
    attribute,    // parts[0].name
    item,         // parts[0][parts[1]]
    slice,        // parts: start, stop, step; each may be null. Only as parts[1] of an item
    call,         // parts[0](arguments)
    filter,       // parts[0] | name(arguments); parts[0] is null in a block
    test,         // parts[0] is name(arguments)
    negate,       // not parts[0]
    unary,        // name ("+" or "-") parts[0]
    binary,       // parts[0] name parts[1]
    logical_and,  // parts[0] and parts[1]
    logical_or,
    comparison,           // parts[0] operators[0] parts[1] operators[1] parts[2] ...
    concat,               // parts joined by ~
    conditional,          // parts[0] if parts[1] else parts[2]; parts[2] may be null
    namespace_attribute,  // only as a target: parts is empty, name.attribute
  };
  Kind kind;
  Position at;
  std::string name;
  std::string attribute;
  Value value;
  std::vector<ExpressionPtr> parts;
  std::vector<Argument> arguments;
  std::vector<std::string> operators;
  int height = 1;  // of the tree under it
};

struct Statement;
using StatementPtr = std::unique_ptr<Statement>;
using Block = std::vector<StatementPtr>;

struct Branch {
  ExpressionPtr condition;  // null: else
  Block body;
};

struct Parameter {
  std::string name;
  ExpressionPtr fallback;  // null: none
};

struct Statement {
  enum class Kind {
    data,          // text
    print,         // expressions
    condition,     // branches
    loop,          // for target in expressions[0] if expressions[1] (may be null): body, else otherwise
    set,           // target = expressions[0]
    set_block,     // target = body, through expressions[0] (a filter, may be null)
    macro,         // text(parameters): body
    call_block,    // expressions[0] with body as its caller(parameters)
    filter_block,  // body through expressions[0]
    with,          // targets[i] = expressions[i]: body
    generation,    // body
    break_loop,
    continue_loop,
  };
  Kind kind;
  Position at;
  std::string text;
  ExpressionPtr target;
  std::vector<ExpressionPtr> targets;
  std::vector<ExpressionPtr> expressions;
  std::vector<Branch> branches;
  std::vector<Parameter> parameters;
  Block body, otherwise;
  bool recursive = false;
  bool uses_caller = false, uses_varargs = false, uses_kwargs = false;  // what a macro's body mentions
};

}  // namespace evergreen::jinja
