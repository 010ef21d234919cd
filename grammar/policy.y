/* policy.y - the grammar of pol (SYNTAX.md). Actions only call constructors of ast_build.h.
 *
 * A push parser: the driver (parse.c) hands it tokens whose braces are balanced. Mistakes are recovered from inside the
 * innermost list of statements, fields, facts or rows: what cannot be read up to its end or the next statement is
 * passed over, so that each mistake is reported once and the next one is found. */

%define api.prefix {policy_yy}
%define api.pure full
%define api.push-pull push
%define api.token.prefix {TOK_}
%define api.value.type {union parse_value}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%define lr.type ielr
%locations
%expect 0
%parse-param {struct scan *scan}

%code requires {
#include "scan.h"
}

%code {
#define YYLLOC_DEFAULT(current, rhs, count)                                                                            \
    ((current) = (count) ? (struct span){YYRHSLOC(rhs, 1).lo, YYRHSLOC(rhs, count).hi}                                 \
                         : (struct span){YYRHSLOC(rhs, 0).hi, YYRHSLOC(rhs, 0).hi})
#define B (&scan->parse->build)

static void policy_yyerror(const struct span *span, struct scan *scan, const char *message);
}

%token END 0 "the end of the file"

/* keywords.def holds their spellings */
%token POLICY "policy" INCLUDE "include" ISSUER "issuer" SOURCE "source" VERSION "version" EFFECTIVE "effective"
%token LASTING "lasting" PARAMETER "parameter" PENDING "pending" APPLICANT "applicant" CLAIM "claim" SAMPLE "sample"
%token AS "as" ENUM "enum" RANGE "range" DEFAULT "default" CLAUSE "clause" DECLARATORY "declaratory"
%token REFERS_TO "refers to" QUOTE "quote" LEAD "lead" RESPONSIBLE "responsible" READING "reading" ACCEPT "accept" DEFINE "define"
%token ITEM "item" FOR "for" ANY "any" EXCEPT "except" NEEDS "needs" REQUIRE "require" AWARD "award" ONCE "once"
%token SAME "same" LADDER "ladder" LESS "less" CAP "cap" CLAIMS "claims" IN_TOTAL "in total" OVER "over" LIMIT "limit"
%token CARRY "carry" EXCLUDE "exclude" WHEN "when" TARGET "target" GROWS "grows" BY "by" EVERY_YEAR "every year"
%token PER "per" YEAR "year" TIER "tier" FROM "from" ABOVE "above" TO "to" BELOW "below" EACH_FULL "each full"
%token ADDS "adds" FOR_EACH "for each" AT_MOST "at most" AT_LEAST "at least" UP_TO "up to" OF "of" DE "的" IF "if"
%token THEN "then" ELSE "else" AND "and" OR "or" NOT "not" IS "is" IS_NOT "is not" IN "in" NOT_IN "not in"
%token GE_WORD "不少于" LE_WORD "不超过" GT_WORD "超过" LT_WORD "少于" YES "yes" NO "no" MISSING "missing"
%token EXAMPLE "example" INDICATOR "indicator" WITH "with" AS_OF "as of" ON "on" EXPECT "expect"

%token APPLICANT_OF "applicant." CLAIM_OF "claim."
%token LBRACE "{" RBRACE "}" LPAREN "(" RPAREN ")" COMMA "," COLON ":" SEMICOLON ";" EQ "=" NE "!=" LT "<" LE "<="
%token GT ">" GE ">=" PLUS "+" MINUS "-" STAR "*" SLASH "/" DOT "."
%token <name> NAME "a name"
%token <string> STRING "a text in quotes"
%token <expr> NUMBER "a number" RATIO "a ratio" DATE "a date"

/* loosest first */
%left AT_MOST AT_LEAST UP_TO
%precedence ELSE
%left OR
%left AND
%precedence NOT
%nonassoc EQ IS NE IS_NOT LT LE GT GE GE_WORD LE_WORD GT_WORD LT_WORD IN NOT_IN
%left PLUS MINUS
%left STAR SLASH OF DE FOR_EACH
%precedence NEGATION

/* `for any except a` takes the `except`, also where a limit could have one of its own */
%precedence ANY
%precedence EXCEPT

%type <string> text_opt clause_number
%type <strings> texts columns column_list
%type <names> names over except_opt
%type <expr> expr primary literal reason  as_of_opt carry_opt when_opt
%type <exprs> exprs case_keys
%type <choice> case
%type <cases> cases
%type <row> row bounds
%type <bound> bound
%type <rows> rows
%type <field> field field_typed
%type <field_name> field_name
%type <field_names> field_names
%type <fields> fields
%type <enum_value> enum_value
%type <enum_values> enum_values
%type <fact> fact
%type <facts> facts fact_list facts_opt
%type <setting> setting
%type <settings> settings settings_opt
%type <key> key
%type <keys> keys cap_scope
%type <kinds> kinds
%type <stmt> stmt cap goal limit
%type <stmts> stmts
%type <name> label_opt expected_word field_word
%type <expected> expected
%type <expecteds> expected_list
%type <flag> same_year claims_opt pending_opt
%type <example> examples
%type <applicant> example_applicant
%type <claim> example_claim
%type <indicator> example_indicator
%type <expect> example_expect

%%

/* ---- the file ---- */

file:
  sections
;

sections:
  %empty
| sections section
| sections ";"
| sections error
| sections error passed_over
;

/* A block behind a mistake: read for the mistakes in it, then dropped. */
passed_over:
  "{" stmts "}"
;

section:
  "include" STRING { scan->include = $2; }
| "policy" NAME text_opt "{" heads "}" { ast_head(B, @$, $2, $3); }
| "parameter" field { ast_parameter(B, $2); }
| "applicant" "{" fields "}" { ast_schema(B, true, $3); }
| "claim" "{" fields "}" { ast_schema(B, false, $3); }
| "sample" "applicant" "{" facts "}" { ast_sample_add(B, @$, true, $4); }
| "sample" "claim" "{" facts "}" { ast_sample_add(B, @$, false, $4); }
| "clause" clause_number text_opt "declaratory"
  {
    struct ast_stmts body = {0};
    AST_APPEND(body, ast_stmt_new(B, AST_DECLARATORY, @4));
    ast_clause_add(B, @$, $2, $3, body);
  }
| "clause" clause_number text_opt "{" stmts "}" { ast_clause_add(B, @$, $2, $3, $5); }
| stmt { ast_statement_add(B, $1); }
;

text_opt:
  %empty { $$ = NULL; }
| STRING
;

texts:
  STRING { $$ = (struct ast_strings){$1, $1}; }
| texts "," STRING { $$ = $1; AST_APPEND($$, $3); }
;

names:
  NAME { $$ = (struct ast_names){$1, $1}; }
| names "," NAME { $$ = $1; AST_APPEND($$, $3); }
;

clause_number:
  NUMBER { $$ = ast_clause_number(B, $1); }
| STRING
| "(" NAME ")" { $$ = ast_string_new(B, scan_text(scan, @$), @$); }
| "(" NUMBER ")" { $$ = ast_string_new(B, scan_text(scan, @$), @$); }
;

heads:
  %empty
| heads head
| heads ";"
| heads error
| heads error passed_over
;

head:
  "issuer" STRING { ast_head_string(B, &B->policy->issuer, @$, "issuer", $2); }
| "source" STRING { ast_head_string(B, &B->policy->source, @$, "source", $2); }
| "version" STRING { ast_head_string(B, &B->policy->version, @$, "version", $2); }
| "effective" "from" expr { ast_effective_set(B, @$, $3, NULL, NULL, NULL); }
| "effective" "from" expr "to" expr { ast_effective_set(B, @$, $3, $5, NULL, NULL); }
| "effective" "from" expr "lasting" expr { ast_effective_set(B, @$, $3, NULL, $5, NULL); }
| "effective" "from" expr "lasting" expr "from" expr { ast_effective_set(B, @$, $3, NULL, $5, $7); }
;

/* ---- schema ---- */

fields:
  %empty { $$ = (struct ast_fields){0}; }
| fields field { $$ = $1; AST_APPEND($$, $2); }
| fields ";"
| fields error
| fields error passed_over
;

field:
  field_typed pending_opt { $$ = $1; $$->pending = $2; $$->span = @$; }
| field_typed "default" expr pending_opt { $$ = $1; $$->fallback = $3; $$->pending = $4; $$->span = @$; }
| field_typed "range" expr "to" expr pending_opt
  { $$ = $1; $$->min = $3; $$->max = $5; $$->pending = $6; $$->span = @$; }
| field_typed "range" expr "to" expr "default" expr pending_opt
  { $$ = $1; $$->min = $3; $$->max = $5; $$->fallback = $7; $$->pending = $8; $$->span = @$; }
;

field_typed:
  field_names { $$ = ast_field_new(B, @$, $1); }
| field_names ":" NAME { $$ = ast_field_new(B, @$, $1); $$->type = *$3; }
| field_names ":" "enum" "{" enum_values comma_opt "}"
  { $$ = ast_field_new(B, @$, $1); ast_field_enum($$, @3, $5); }
;

comma_opt:
  %empty
| ","
;

pending_opt:
  %empty { $$ = false; }
| "pending" { $$ = true; }
;

field_names:
  field_name { $$ = (struct ast_field_names){$1, $1}; }
| field_names "," field_name { $$ = $1; AST_APPEND($$, $3); }
;

field_name:
  field_word text_opt columns { $$ = ast_field_name_new(B, $1, $2, $3); }
;

/* two builtin columns are called what a keyword is called */
field_word:
  NAME
| "year" { $$ = ast_name_new(B, TEXT("year"), @$); }
| "item" { $$ = ast_name_new(B, TEXT("item"), @$); }
;

columns:
  %empty { $$ = (struct ast_strings){0}; }
| "as" column_list { $$ = $2; }
;

column_list:
  STRING { $$ = (struct ast_strings){$1, $1}; }
| column_list "or" STRING { $$ = $1; AST_APPEND($$, $3); }
;

enum_values:
  enum_value { $$ = (struct ast_enum_values){$1, $1}; }
| enum_values "," enum_value { $$ = $1; AST_APPEND($$, $3); }
| error { $$ = (struct ast_enum_values){0}; }
| enum_values error
;

enum_value:
  NAME text_opt columns { $$ = ast_enum_value_new(B, $1, $2, $3); }
;

/* ---- statements: which of them may stand where is judged by ast_build ---- */

stmts:
  %empty { $$ = (struct ast_stmts){0}; }
| stmts stmt { $$ = $1; AST_APPEND($$, $2); }
| stmts ";"
| stmts error
| stmts error passed_over
;

stmt:
  "quote" STRING { $$ = ast_stmt_strings(B, AST_QUOTE, @$, (struct ast_strings){$2, $2}); }
| "lead" texts { $$ = ast_stmt_strings(B, AST_LEAD, @$, $2); }
| "responsible" texts { $$ = ast_stmt_strings(B, AST_RESPONSIBLE, @$, $2); }
| "reading" STRING { $$ = ast_stmt_strings(B, AST_READING, @$, (struct ast_strings){$2, $2}); }
| "accept" names STRING { $$ = ast_accept(B, @$, $2, $3); }
| "declaratory" { $$ = ast_stmt_new(B, AST_DECLARATORY, @$); }
| "refers to" texts { $$ = ast_stmt_strings(B, AST_REFERS, @$, $2); }
| "define" NAME text_opt "=" expr { $$ = ast_define(B, @$, $2, $3, $5); }
| "item" NAME text_opt columns kinds "{" stmts "}" { $$ = ast_item(B, @$, $2, $3, $4, $5, $7); }
| "needs" names { $$ = ast_needs(B, @$, $2); }
| "require" expr kinds over { $$ = ast_require(B, @$, NULL, $2, $3, $4); }
| "require" NAME ":" expr kinds over { $$ = ast_require(B, @$, $2, $4, $5, $6); }
| "award" expr { $$ = ast_award(B, @$, $2); }
| "once" label_opt "per" keys same_year over { $$ = ast_once(B, @$, $2, $4, $5, $6); }
| "ladder" label_opt "per" keys over { $$ = ast_ladder(B, @$, $2, $4, $5); }
| "less" expr over { $$ = ast_less(B, @$, $2, $3); }
| cap when_opt over { $$ = ast_cap_end($1, @$, $2, $3); }
| "exclude" NAME "when" expr { $$ = ast_exclude(B, @$, $2, $4); }
| limit except_opt carry_opt { $$ = ast_limit_end($1, @$, $2, $3); }
| "target" NAME text_opt columns goal { $$ = ast_target($5, @$, $2, $3, $4); }
| "example" STRING settings_opt as_of_opt "{" examples "}" { $$ = ast_example_stmt(B, @$, $2, $3, $4, $6); }
;

label_opt:
  %empty { $$ = NULL; }
| NAME ":"
;

same_year:
  %empty { $$ = false; }
| "except" "same" "year" { $$ = true; }
;

over:
  %empty { $$ = (struct ast_names){0}; }
| "over" names { $$ = $2; }
;

cap:
  "cap" expr claims_opt cap_scope { $$ = ast_cap(B, @$, NULL, $2, $3, $4); }
| "cap" NAME ":" expr claims_opt cap_scope { $$ = ast_cap(B, @$, $2, $4, $5, $6); }
;

claims_opt:
  %empty { $$ = false; }
| "claims" { $$ = true; }
;

cap_scope:
  "per" keys { $$ = $2; }
| "in total" { $$ = (struct ast_keys){0}; }
;

when_opt:
  %empty { $$ = NULL; }
| "when" expr { $$ = $2; }
;

limit:
  "limit" NAME ":" expr "per" keys kinds { $$ = ast_limit(B, @$, $2, $4, $6, $7); }
;

except_opt:
  %empty { $$ = (struct ast_names){0}; }
| "except" names { $$ = $2; }
;

carry_opt:
  %empty { $$ = NULL; }
| "carry" expr { $$ = $2; }
;

goal:
  "at least" expr "by" NUMBER { $$ = ast_goal(B, @$, AST_TARGET_BY, false, $2, $4, $4); }
| "at most" expr "by" NUMBER { $$ = ast_goal(B, @$, AST_TARGET_BY, true, $2, $4, $4); }
| "at least" expr "every year" NUMBER "to" NUMBER { $$ = ast_goal(B, @$, AST_TARGET_EVERY, false, $2, $4, $6); }
| "at most" expr "every year" NUMBER "to" NUMBER { $$ = ast_goal(B, @$, AST_TARGET_EVERY, true, $2, $4, $6); }
| "at least" expr "in total" "by" NUMBER { $$ = ast_goal(B, @$, AST_TARGET_TOTAL, false, $2, $5, $5); }
| "at most" expr "in total" "by" NUMBER { $$ = ast_goal(B, @$, AST_TARGET_TOTAL, true, $2, $5, $5); }
| "grows" expr "every year" NUMBER "to" NUMBER { $$ = ast_goal(B, @$, AST_TARGET_GROWS, false, $2, $4, $6); }
;

kinds:
  %empty { $$ = NULL; }
| "for" names { $$ = ast_kinds_new(B, @$, false, $2); }
| "for" "any" { $$ = NULL; }
| "for" "any" "except" names { $$ = ast_kinds_new(B, @$, true, $4); }
;

keys:
  key { $$ = (struct ast_keys){$1, $1}; }
| keys "," key { $$ = $1; AST_APPEND($$, $3); }
;

key:
  "applicant" { $$ = ast_key_new(B, AST_KEY_APPLICANT, @$, NULL); }
| "year" { $$ = ast_key_new(B, AST_KEY_YEAR, @$, NULL); }
| "item" { $$ = ast_key_new(B, AST_KEY_ITEM, @$, NULL); }
| NAME { $$ = ast_key_new(B, AST_KEY_NAME, @$, ast_name_expr(B, @1, $1->text)); }
| "applicant." NAME { $$ = ast_key_new(B, AST_KEY_NAME, @$, ast_member(B, @$, false, $2)); }
| "claim." NAME { $$ = ast_key_new(B, AST_KEY_NAME, @$, ast_member(B, @$, true, $2)); }
;

/* ---- expressions ---- */

exprs:
  expr { $$ = (struct ast_exprs){$1, $1}; }
| exprs "," expr { $$ = $1; AST_APPEND($$, $3); }
;

expr:
  primary
| expr "at most" expr { $$ = ast_binary(B, @$, AST_AT_MOST, $1, $3, @2); }
| expr "at least" expr { $$ = ast_binary(B, @$, AST_AT_LEAST, $1, $3, @2); }
| expr "up to" expr { $$ = ast_binary(B, @$, AST_UP_TO, $1, $3, @2); }
| "if" expr "then" expr "else" expr { $$ = ast_if(B, @$, $2, $4, $6); }
| expr "or" expr { $$ = ast_binary(B, @$, AST_OR, $1, $3, @2); }
| expr "and" expr { $$ = ast_binary(B, @$, AST_AND, $1, $3, @2); }
| "not" expr { $$ = ast_unary(B, @$, AST_NOT, $2); }
| expr "=" expr { $$ = ast_binary(B, @$, AST_EQ, $1, $3, @2); }
| expr "is" expr { $$ = ast_binary(B, @$, AST_EQ, $1, $3, @2); }
| expr "!=" expr { $$ = ast_binary(B, @$, AST_NE, $1, $3, @2); }
| expr "is not" expr { $$ = ast_binary(B, @$, AST_NE, $1, $3, @2); }
| expr "<" expr { $$ = ast_binary(B, @$, AST_LT, $1, $3, @2); }
| expr "少于" expr { $$ = ast_binary(B, @$, AST_LT, $1, $3, @2); }
| expr "<=" expr { $$ = ast_binary(B, @$, AST_LE, $1, $3, @2); }
| expr "不超过" expr { $$ = ast_binary(B, @$, AST_LE, $1, $3, @2); }
| expr ">" expr { $$ = ast_binary(B, @$, AST_GT, $1, $3, @2); }
| expr "超过" expr { $$ = ast_binary(B, @$, AST_GT, $1, $3, @2); }
| expr ">=" expr { $$ = ast_binary(B, @$, AST_GE, $1, $3, @2); }
| expr "不少于" expr { $$ = ast_binary(B, @$, AST_GE, $1, $3, @2); }
| expr "in" "(" exprs ")" { $$ = ast_in(B, @$, $1, $4, false); }
| expr "not in" "(" exprs ")" { $$ = ast_in(B, @$, $1, $4, true); }
| expr "+" expr { $$ = ast_binary(B, @$, AST_ADD, $1, $3, @2); }
| expr "-" expr { $$ = ast_binary(B, @$, AST_SUB, $1, $3, @2); }
| expr "*" expr { $$ = ast_binary(B, @$, AST_MUL, $1, $3, @2); }
| expr "/" expr { $$ = ast_binary(B, @$, AST_DIV, $1, $3, @2); }
| expr "of" expr { $$ = ast_binary(B, @$, AST_OF, $1, $3, @2); }
| expr "的" expr { $$ = ast_binary(B, @$, AST_OF, $3, $1, @2); }
| expr "for each" expr { $$ = ast_binary(B, @$, AST_FOR_EACH, $1, $3, @2); }
| "-" expr %prec NEGATION { $$ = ast_unary(B, @$, AST_NEGATE, $2); }
;

primary:
  literal
| RATIO
| "missing" { $$ = ast_missing(B, @$); }
| "year" { $$ = ast_name_expr(B, @$, TEXT("year")); }
| "applicant." NAME { $$ = ast_member(B, @$, false, $2); }
| "claim." NAME { $$ = ast_member(B, @$, true, $2); }
| NAME "(" exprs ")" { $$ = ast_call(B, @$, $1, $3); }
| "(" expr ")" { $$ = ast_parenthesised($2); }
| "by" primary "{" cases comma_opt "}" { $$ = ast_by(B, @$, $2, $4); }
| "tier" primary "{" rows comma_opt "}" { $$ = ast_tier(B, @$, $2, $4); }
;

literal:
  NUMBER
| DATE
| STRING { $$ = ast_string_expr(B, @$, $1); }
| "yes" { $$ = ast_bool(B, @$, true); }
| "no" { $$ = ast_bool(B, @$, false); }
| NAME { $$ = ast_name_expr(B, @$, $1->text); }
;

cases:
  case { $$ = (struct ast_cases){$1, $1}; }
| cases case { $$ = $1; AST_APPEND($$, $2); }
| cases "," case { $$ = $1; AST_APPEND($$, $3); }
| error { $$ = (struct ast_cases){0}; }
| cases error
;

case:
  case_keys ":" expr { $$ = ast_case_new(B, @$, $1, $3); }
| "else" ":" expr { $$ = ast_case_new(B, @$, (struct ast_exprs){0}, $3); }
;

case_keys:
  literal { $$ = (struct ast_exprs){$1, $1}; }
| case_keys "," literal { $$ = $1; AST_APPEND($$, $3); }
;

rows:
  row { $$ = (struct ast_rows){$1, $1}; }
| rows row { $$ = $1; AST_APPEND($$, $2); }
| rows "," row { $$ = $1; AST_APPEND($$, $3); }
| rows "," "each full" expr "adds" expr
  { struct span step = {@3.lo, @6.hi}; $$ = $1; ast_row_step(B, $1, step, $4, $6); }
| error { $$ = (struct ast_rows){0}; }
| rows error
;

row:
  bounds ":" expr { $$ = ast_row_value(B, @$, $1, $3); }
| "else" ":" expr { $$ = ast_row_value(B, @$, NULL, $3); }
;

bounds:
  bound expr { $$ = ast_row_bound(B, @$, NULL, $1, $2); }
| bound expr bound expr
  { $$ = ast_row_bound(B, @$, ast_row_bound(B, @$, NULL, $1, $2), $3, $4); }
;

bound:
  "from" { $$ = AST_BOUND_FROM; }
| "above" { $$ = AST_BOUND_ABOVE; }
| "to" { $$ = AST_BOUND_TO; }
| "below" { $$ = AST_BOUND_BELOW; }
;

/* ---- facts and examples ---- */

facts:
  %empty { $$ = (struct ast_facts){0}; }
| fact_list comma_opt
;

fact_list:
  fact { $$ = (struct ast_facts){$1, $1}; }
| fact_list "," fact { $$ = $1; AST_APPEND($$, $3); }
| error { $$ = (struct ast_facts){0}; }
| fact_list error
;

fact:
  NAME expr { $$ = ast_fact_new(B, $1, $2); }
| NAME "=" expr { $$ = ast_fact_new(B, $1, $3); }
| NAME ":" expr { $$ = ast_fact_new(B, $1, $3); }
;

facts_opt:
  %empty { $$ = (struct ast_facts){0}; }
| "{" facts "}" { $$ = $2; }
;

settings_opt:
  %empty { $$ = (struct ast_settings){0}; }
| "with" settings { $$ = $2; }
;

settings:
  setting { $$ = (struct ast_settings){$1, $1}; }
| settings "," setting { $$ = $1; AST_APPEND($$, $3); }
;

setting:
  NAME "=" expr { $$ = ast_setting_new(B, $1, $3); }
;

as_of_opt:
  %empty { $$ = NULL; }
| "as of" NUMBER { $$ = $2; }
;

examples:
  %empty { $$ = ast_example_parts_new(B); }
| examples example_applicant { $$ = $1; AST_APPEND($$->applicants, $2); }
| examples example_claim { $$ = $1; AST_APPEND($$->claims, $2); }
| examples example_indicator { $$ = $1; AST_APPEND($$->indicators, $2); }
| examples example_expect { $$ = $1; AST_APPEND($$->expects, $2); }
| examples ";"
| examples error
| examples error passed_over
;

example_applicant:
  "applicant" NAME NUMBER facts_opt { $$ = ast_example_applicant_new(B, @$, $2, $3, $4); }
;

example_claim:
  "claim" NAME NAME "by" NAME "on" expr facts_opt { $$ = ast_example_claim_new(B, @$, $2, $3, $5, $7, $8); }
;

example_indicator:
  "indicator" NAME NUMBER "=" expr { $$ = ast_example_indicator_new(B, @$, $2, $3, $5); }
;

example_expect:
  "expect" NAME expected_list { $$ = ast_expect_new(B, @$, $2, $3); }
;

expected_list:
  expected { $$ = (struct ast_expecteds){$1, $1}; }
| expected_list "," expected { $$ = $1; AST_APPEND($$, $3); }
;

expected:
  expected_word { $$ = ast_expected_new(B, $1, NULL, NULL); }
| expected_word expr { $$ = ast_expected_new(B, $1, $2, NULL); }
| expected_word reason { $$ = ast_expected_new(B, $1, $2, NULL); }
| expected_word in_year NUMBER { $$ = ast_expected_new(B, $1, NULL, $3); }
| expected_word expr in_year NUMBER { $$ = ast_expected_new(B, $1, $2, $4); }
;

/* `paid 1万元 in 2025`, `支付 1万元 于 2025` */
in_year:
  "in"
| "on"
;

/* words of the result that are keywords elsewhere */
expected_word:
  NAME
| "award" { $$ = ast_name_new(B, scan_text(scan, @$), @$); }
| "carry" { $$ = ast_name_new(B, scan_text(scan, @$), @$); } /* 结转 */
;

reason:
  "cap" { $$ = ast_name_expr(B, @$, scan_text(scan, @$)); }
| "limit" { $$ = ast_name_expr(B, @$, scan_text(scan, @$)); }
;

%%

/* The only message the generated parser makes itself: its stack is full. */
static void policy_yyerror(const struct span *span, struct scan *scan, const char *message) {
    (void)message;
    struct diag *d = diag_add(scan->parse->diags, DIAG_NESTING, *span, "nested too deeply to be read");
    diag_help(scan->parse->diags, d, "give parts of it a name with `define`");
}

static int yyreport_syntax_error(const yypcontext_t *context, struct scan *scan) {
    if (parse_misplaced(scan, scan->token))
        scan->parser->yyerrstatus = 3; /* as after a mistake: the token is dropped, recovery begins behind it */
    yysymbol_kind_t kinds[YYNTOKENS];
    const char *names[YYNTOKENS];
    if (diags_full(scan->parse->diags)) {
        diag_add(scan->parse->diags, DIAG_SYNTAX, *yypcontext_location(context), " "); /* is only counted */
        return 0;
    }
    int count = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
    if (count < 0)
        return count;
    for (int i = 0; i < count; i++)
        names[i] = yysymbol_name(kinds[i]);
    syntax_error(scan, *yypcontext_location(context), yysymbol_name(yypcontext_token(context)), names, (size_t)count);
    return 0;
}

struct policy_yypstate *parser_new(void) {
    return policy_yypstate_new();
}

void parser_free(struct policy_yypstate *parser) {
    if (parser)
        policy_yypstate_delete(parser);
}

bool parser_push(struct scan *s, int token, const union parse_value *value, struct span span) {
    return policy_yypush_parse(s->parser, token, value, &span, s) != YYPUSH_MORE;
}

bool parser_silent(const struct scan *s) {
    return s->parser->yyerrstatus != 0;
}

bool parser_recovering(const struct scan *s) {
    return s->parser->yyerrstatus == 3;
}

void parser_resume(struct scan *s) {
    s->parser->yyerrstatus = 0;
}
