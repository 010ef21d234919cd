#include "interp/ir_eval.h"

#include <assert.h>

#include "interp/interp_date.h"

static struct ir_value number_value(ir_int number) {
    return (struct ir_value){.present = true, .number = number};
}

/* floor (a / b + 1/2), without a sum that could leave 128 bits. */
static ir_int round_half_up(ir_int a, ir_int b) {
    ir_int quotient = interp_floor_div(a, b);
    ir_int rest = a - quotient * b;
    return rest >= b - rest ? quotient + 1 : quotient;
}

static ir_int add_years(ir_int date, ir_int years) {
    int32_t month, day;
    interp_month_day_of(date, &month, &day);
    return interp_days(interp_year_of(date) + years, month, day);
}

static struct ir_value cell_value(const struct ir_value *cells, uint32_t field) {
    assert(cells != NULL && cells[field].present);
    return cells[field];
}

/* Instructions of two numbers. */
static ir_int eval_pair(enum ir_op op, ir_int a, ir_int b) {
    switch (op) {
    case IR_ADD:
        return a + b;
    case IR_SUB:
        return a - b;
    case IR_MUL:
        return a * b;
    case IR_FLOORDIV:
        return interp_floor_div(a, b);
    case IR_ROUNDDIV:
        return round_half_up(a, b);
    case IR_MIN:
        return a < b ? a : b;
    case IR_MAX:
        return a > b ? a : b;
    case IR_EQ:
        return a == b;
    case IR_LT:
        return a < b;
    case IR_LE:
        return a <= b;
    case IR_AND:
        return a != 0 && b != 0;
    case IR_OR:
        return a != 0 || b != 0;
    case IR_ADD_YEARS:
        return add_years(a, b);
    case IR_CONST:
    case IR_CLAIM:
    case IR_PROFILE:
    case IR_PARAM:
    case IR_NOT:
    case IR_SELECT:
    case IR_TEXT_EQ:
    case IR_LITERAL:
    case IR_YEAR:
    case IR_OP_COUNT:
        break;
    }
    assert(!"an instruction of two numbers");
    return 0;
}

static struct ir_value eval_inst(const struct ir_inst *inst, const struct ir_row *row, const struct ir_value *value) {
    switch ((enum ir_op)inst->op) {
    case IR_CONST:
        return number_value(inst->imm);
    case IR_CLAIM:
        return cell_value(row->claim, inst->index);
    case IR_PROFILE:
        return cell_value(row->profile, inst->index);
    case IR_PARAM:
        return number_value(row->param[inst->index]);
    case IR_LITERAL:
        return (struct ir_value){.present = true, .text = inst->text};
    case IR_TEXT_EQ:
        return number_value(text_equal(value[inst->a].text, value[inst->b].text));
    case IR_NOT:
        return number_value(value[inst->a].number == 0);
    case IR_SELECT:
        return value[inst->a].number != 0 ? value[inst->b] : value[inst->c];
    case IR_YEAR:
        return number_value(interp_year_of(value[inst->a].number));
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_FLOORDIV:
    case IR_ROUNDDIV:
    case IR_MIN:
    case IR_MAX:
    case IR_EQ:
    case IR_LT:
    case IR_LE:
    case IR_AND:
    case IR_OR:
    case IR_ADD_YEARS:
        return number_value(eval_pair((enum ir_op)inst->op, value[inst->a].number, value[inst->b].number));
    case IR_OP_COUNT:
        break;
    }
    assert(!"an instruction of ir_ops.def");
    return number_value(0);
}

void ir_eval_block(const struct ir_func *func, uint32_t block, const struct ir_row *row, struct ir_value *value) {
    assert(block < func->block_count);
    for (ir_ref i = func->block[block].first; i < func->block[block].end; i++) {
        const struct ir_inst *inst = &func->inst[i];
        value[i] = eval_inst(inst, row, value);
        assert((inst->type != IR_INT && inst->type != IR_BOOL) ||
               (inst->lo <= value[i].number && value[i].number <= inst->hi));
    }
}

ir_int ir_eval_result(const struct ir_value *value, ir_ref ref, ir_int otherwise) {
    return ref == IR_NO_REF ? otherwise : value[ref].number;
}
