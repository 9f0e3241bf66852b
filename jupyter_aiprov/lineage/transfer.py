"""What operations do to labels, as tables of names. Whatever is not here makes `derived` of AI input."""

# ruff: noqa: E501 - tables of names read best in few lines

from typing import Final

# Attributes and keys of an answer that speak of the call, not of what the model said.
METADATA: Final = frozenset(
    "usage id model created object system_fingerprint service_tier response_id request_id _request_id finish_reason "
    "stop_reason stop_sequence role index type headers status_code status elapsed url http_version encoding "
    "prompt_tokens completion_tokens total_tokens input_tokens output_tokens usage_metadata response_metadata "
    "prompt_eval_count eval_count total_duration eval_duration load_duration created_at model_version reason_phrase "
    "ok reason is_success is_error latency cost response_ms _response_ms".split()
)
# Attributes behind which the answer's own words begin.
CONTENT: Final = frozenset(
    "content text arguments parsed output_text embedding output_parsed function_call refusal".split()
)

TEXT_KEEP: Final = frozenset(
    "strip lstrip rstrip lower upper title capitalize casefold swapcase replace split rsplit splitlines partition "
    "rpartition removeprefix removesuffix encode decode translate expandtabs zfill ljust rjust center format "
    "group groups groupdict slice get extract extractall findall pad normalize replace_all strip_chars "
    "strip_chars_start strip_chars_end to_lowercase to_uppercase to_titlecase head tail strptime to_date to_datetime "
    "json_decode json_path_match strip_prefix strip_suffix".split()
)
READ: Final = frozenset("read readline readlines getvalue read_text read_bytes json text iter_lines iter_text".split())

# Same rows or fewer, same columns: labels are carried over.
KEEP: Final = frozenset(
    "copy head tail sample query sort_values sort_index reset_index set_index drop_duplicates dropna ffill bfill pad "
    "backfill interpolate_none astype cast convert_dtypes infer_objects reindex filter select clone collect lazy slice "
    "limit unique select_dtypes nlargest nsmallest to_frame explode truncate set_axis squeeze persist compute rechunk sort reverse "
    "with_row_index with_row_count to_pandas to_polars to_list tolist to_numpy to_arrow to_pylist to_pydict items "
    "iterrows itertuples iter_rows to_records ravel flatten reshape transpose view swaplevel droplevel reorder_levels "
    "asfreq tz_localize tz_convert between_time first last reindex_like align shrink_dtype partition_by gather take "
    "drop_nulls fill_null_none combine_chunks cache toarray todense tocsr isel unstack_none set_flags to_series rename_axis "
    "loc iloc __getitem__ get_group nunique_none swapaxes top_k bottom_k shift_none repeat squeeze_none drop_in_place "
    "rename_columns set_names droplevel pipe_none alias over sort_by implode flatten_none arr list execute fetchall fetchone "
    "fetchdf df pl arrow to_df fetchnumpy cpu detach numpy get_column".split()
)
# Every row stays where it stood.
IN_PLACE: Final = frozenset(
    "copy reset_index set_index astype cast convert_dtypes infer_objects clone collect lazy rechunk set_axis rename_axis "
    "to_pandas to_polars to_arrow to_numpy ffill bfill interpolate persist compute with_row_index select".split()
)
# Rows are chosen by what stands in the column named (or by the order made before).
PICK: Final = frozenset("head tail nlargest nsmallest top_k bottom_k first last limit slice sample iloc".split())
AGGREGATE: Final = frozenset(
    "sum mean median min max std var count size nunique quantile mode sem skew kurt prod any all first last "
    "describe agg aggregate value_counts idxmax idxmin argmax argmin corr cov len n_unique product cumcount ngroup "
    "nth ohlc item sum_horizontal".split()
)
FILL: Final = frozenset("fillna combine_first fill_null fill_nan where mask combine update".split())
IDENTITY: Final = frozenset(  # the first argument comes back, whole or piece by piece
    "tqdm trange tqdm_notebook track progress_bar list tuple set frozenset sorted reversed iter copy deepcopy "
    "as_completed wait wait_for shield gather ensure_future create_task run run_until_complete run_coroutine_threadsafe "
    "islice cycle chain from_iterable batched shuffle loads literal_eval safe_load load_json parse_json "
    "int float str complex Decimal Fraction bytes to_numeric to_datetime to_timedelta unescape dedent "
    "Series array asarray ascontiguousarray asfortranarray atleast_1d atleast_2d ravel vstack hstack concatenate stack column_stack "
    "row_stack squeeze expand_dims reshape transpose tensor as_tensor from_numpy csr_matrix "
    "StringIO BytesIO TextIOWrapper reader DictReader markdown_to_table StringDtype Index Categorical "
    "finditer findall search match fullmatch split sub subn escape cast field repair_json read_clipboard "
    "json_normalize from_dict from_records from_dicts from_pandas from_polars from_arrow from_pylist from_pydict "
    "read_json read_csv read_html read_xml read_table read_fwf read_ndjson unique lower upper strip title capitalize "
    "shape_as delayed Parallel persist MappingProxyType SimpleNamespace ChainMap OrderedDict deque Munch Box "
    "asdict astuple vars model_dump model_dump_json dict json model_validate model_validate_json parse_obj parse_raw "
    "validate_python validate_json validate_strings construct model_construct from_json dumps "
    "chunked Path fromisoformat strptime nan_to_num display_none normalize ffill bfill quote unquote next anext "
    "sleep_none compress takewhile dropwhile starmap_none tee pairwise MultiIndex from_product b64decode decode "
    "fill flip fliplr flipud roll sort choice choices sample permutation train_test_split resample".split()
)
QUIET: Final = frozenset(  # nothing of the input remains in the result
    "print display isinstance issubclass callable hasattr id type super exit input sleep close seek perf_counter "
    "time monotonic info debug warning error exception log getLogger set_option filterwarnings mkdir makedirs exists "
    "savefig show tight_layout figure_none cla clf raise_for_status seed set_description set_postfix write_none "
    "notify flush commit join_none shutdown update_none unlink remove rmtree assert_frame_equal now today fromkeys_none".split()
)
PER_ITEM: Final = frozenset("map imap imap_unordered starmap map_async filter".split())
ELEMENTWISE: Final = frozenset(
    "map apply applymap transform progress_apply progress_map parallel_apply map_elements map_batches map_rows "
    "apply_map swifter_apply parallel_map progress_applymap assign_apply".split()
)
LEARN: Final = frozenset("fit partial_fit fit_transform fit_predict train add_data add_documents add index".split())
