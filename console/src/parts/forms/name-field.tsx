import { useQuery } from "@tanstack/react-query";
import { Form, Select } from "antd";
import { type ReactNode, useState } from "react";
import { useWords } from "../../i18n";

interface Props {
  name: string;
  label: string;
  placeholder?: string;
  focus?: boolean;
  queryKey: string[];
  /** Returns the names that contain the text, or any names if the text is null. */
  fetchNames: (text: string | null) => Promise<string[]>;
}

/** A required choice of one name. If the user types, the field lists the names that match. */
export function NameField({
  name,
  label,
  placeholder,
  focus = false,
  queryKey,
  fetchNames,
}: Props): ReactNode {
  const { say } = useWords();
  const [searchText, setSearchText] = useState("");
  const query = useQuery({
    queryKey: [...queryKey, searchText],
    queryFn: () => fetchNames(searchText || null),
    placeholderData: (previous) => previous,
  });
  return (
    <Form.Item
      name={name}
      label={label}
      rules={[{ required: true, message: say("rule.required") }]}
    >
      <Select
        options={query.data?.map((value) => ({ value, label: value })) ?? []}
        placeholder={placeholder}
        showSearch={{ filterOption: false, onSearch: setSearchText }}
        autoFocus={focus}
      />
    </Form.Item>
  );
}
