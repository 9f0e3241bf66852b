"""Words that anybody's code has: they do not tell one author from another."""

from __future__ import annotations

import builtins
import keyword
from typing import Final

_WORDS: Final = """
np pd plt sns sm smf px go tf torch nn os re sys json math numpy pandas matplotlib pyplot seaborn sklearn scipy df
data dataset frame tables x1 x2 y1 y2 xs ys xx yy x_train x_test y_train y_test y_pred x_val y_val train test fig ax
axes axs ax1 ax2 figure figsize subplots subplot title label labels legend xlabel ylabel set_xlabel set_ylabel
set_title set_theme set_style xlim ylim set_xlim set_ylim xticks yticks grid color colors alpha lw linewidth linestyle
style marker plot scatter hist bar barh boxplot imshow colorbar axhline axvline tight_layout savefig show dpi best
rotation bins whitegrid darkgrid theme cmap red blue green black grey gray density edgecolor hue palette kind read_csv
read_excel to_csv to_excel csv xlsx txt sep header index index_col encoding utf columns column rows row name names
head tail info describe shape dtypes dtype astype value_counts unique nunique isna isnull notna dropna fillna sum mean
median std var min max count size groupby agg reset_index set_index sort_values sort_index ascending drop rename merge
on how left right inner outer concat axis inplace apply map loc iloc values item items keys key query copy
drop_duplicates subset pivot pivot_table melt to_datetime cut to_numpy to_list tolist to_dict array zeros ones arange
linspace random seed random_state default_rng rand randn reshape mean_ where append extend join split strip lower
upper replace format startswith endswith fit predict transform fit_transform score model clf reg test_size
train_test_split stratify n_estimators accuracy_score classification_report confusion_matrix cross_val_score cv
scoring n_jobs standardscaler pipeline result results res out output outputs value val i j k n idx tmp temp args
kwargs self cls path file filename files line lines text string text_ s f e err error exc main parse_args parser
add_argument argumentparser argparse required description add help default action choices logger logging basicconfig
level getlogger warning debug request response get post url requests status_code raise_for_status timeout counter
defaultdict datetime date time now year month day start end step first last total number num new old list_ dict_ true
false none null na nan if else elif for in is not and or def return select from by group order where having asc desc
with case when then limit distinct avg int varchar library function c ggplot aes filter mutate summarise summary cat
echo cd mkdir rm cp mv ls pip install done do fi var let const div span class href http https www com py ipynb id user
content role messages message choices create client system optimizer zero_grad loss backward epoch epochs criterion
device cuda is_available cpu batch batch_size __name__ __main__ __init__ __future__ annotations
"""
COMMON: Final = frozenset(
    {*_WORDS.split(), *(k.casefold() for k in keyword.kwlist), *(b.casefold() for b in dir(builtins))}
    | {str(n) for n in (*range(13), 20, 30, 40, 42, 50, 60, 80, 100, 200, 256, 300, 500, 1000, 123)}
)
